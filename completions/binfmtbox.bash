# bash completion for binfmtbox and its links. -*- shell-script -*-
#
# Applets, options and their values come from the program's own help, entries
# from its status; only the targets' names stand here.

_binfmtbox_targets='i386 i486 x86_64 arm armeb aarch64 aarch64_be riscv32 riscv64 mips mipsel
mipsn32 mipsn32el mips64 mips64el ppc ppc64 ppc64le sparc sparc32plus
sparc64 alpha hppa m68k s390x sh4 sh4eb loongarch64 hexagon or1k xtensa
xtensaeb microblaze microblaze-old microblazeel microblazeel-old'

# The options in a help text: a line "--name VALUE" or "-n VALUE" for each.
_binfmtbox_options() {
  local line letter name value
  while IFS= read -r line; do
    [[ $line =~ ^\ \ (-(.),|\ \ \ )\ --([a-z0-9-]+)(\ ([^\ ]+))?(\ |$) ]] || continue
    letter=${BASH_REMATCH[2]} name=${BASH_REMATCH[3]} value=${BASH_REMATCH[5]}
    printf -- '--%s %s\n' "$name" "$value"
    [[ -z $letter ]] || printf -- '-%s %s\n' "$letter" "$value"
  done
}

# The entries that $@, a call of status, shows. A name that a terminal can't show
# is left out.
_binfmtbox_entries() {
  # The first line is about the file system.
  "$@" 2>/dev/null | sed -e 1d -e 's/ .*//' -e '/\\/d'
}

# Words for the value called $1, which begins with $2.
_binfmtbox_value() {
  case $1 in
    DIR | PATH | FILE | FILE\|*)
      compopt -o filenames 2>/dev/null
      if [[ $1 == DIR ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$2")
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
      fi
      ;;
    CPU\|ALL) mapfile -t COMPREPLY < <(compgen -W "ALL $_binfmtbox_targets" -- "$2") ;;
    [a-z]*\|*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$2") ;;
  esac
}

_binfmtbox() {
  local program=$1 word=$2 before=$3
  local -a call=("$program")
  local applet=${program##*/}
  COMPREPLY=()
  applet=${applet#binfmt-}
  if [[ $applet == binfmtbox ]]; then
    if ((COMP_CWORD == 1)); then
      mapfile -t COMPREPLY < <(compgen -W "$("$program" --list 2>/dev/null) --help --list --version --install" -- "$word")
      return
    fi
    applet=${COMP_WORDS[1]#binfmt-}
    if [[ $applet == --install ]]; then
      case $word in
        -*) mapfile -t COMPREPLY < <(compgen -W '-s --bare' -- "$word") ;;
        *) _binfmtbox_value DIR "$word" ;;
      esac
      return
    fi
    call+=("$applet")
  fi

  local option value dir=() i
  local -A values=()
  while read -r option value; do
    values[$option]=$value
  done < <("${call[@]}" --help 2>/dev/null | _binfmtbox_options)
  ((${#values[@]})) || return

  # --option=VALUE is three words to bash.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ -n ${values[$before]-} ]]; then
    _binfmtbox_value "${values[$before]}" "$word"
    return
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${!values[*]}" -- "$word")
    return
  fi
  # Entries of the registry that the line is about.
  for ((i = 1; i + 1 < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -D || ${COMP_WORDS[i]} == --dir ]] && dir=(-D "${COMP_WORDS[i + 1]}")
  done
  case $applet in
    register | qemu-binfmt-conf.sh)
      mapfile -t COMPREPLY < <(compgen -W "all $_binfmtbox_targets" -- "$word")
      ;;
    status | clear)
      case ${program##*/} in
        binfmtbox) call=("$program" status) ;;
        *) call=("${program%binfmt-*}binfmt-status") ;;
      esac
      mapfile -t COMPREPLY < <(compgen -W "$(_binfmtbox_entries "${call[@]}" "${dir[@]}") $_binfmtbox_targets" -- "$word")
      ;;
  esac
}

complete -F _binfmtbox binfmtbox binfmt-mount binfmt-register binfmt-status binfmt-clear qemu-binfmt-conf.sh
