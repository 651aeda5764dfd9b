# bash completion for binfmtbox and its links. -*- shell-script -*-
#
# Applets, options and their values come from the program's own help, entries
# from its status; only the words for targets stand here, which a test compares
# with the table. Nothing that these say is evaluated, and the program is the
# one that $PATH finds.

_binfmtbox_targets=(
  i386 386 i586 i686 ia32 x86 i486 x86_64 amd64 amd64/v1 amd64/v2 amd64/v3
  amd64/v4 x64 x86-64 arm arm/v7 arm/v6 arm/v5 arm/v8 arm32 arm32v5 arm32v6
  arm32v7 armel armhf armv5tel armv5tejl armv6l armv7l armv8l armv5 armv6 armv7
  armv6h armv6hl armv7h armv7hl armeb armbe armv5teb armv6b armv7b armv8b
  aarch64 arm64 arm64/v8 arm64/v9 arm64v8 aarch64_be arm64be arm64_be aarch64be
  riscv32 rv32 riscv64 rv64 mips mipsel mipsle mipsn32 mips64p32 mipsn32el
  mips64p32le mips64 mips64el mips64le ppc powerpc ppc64 powerpc64 ppc64le
  ppc64el powerpc64le powerpc64el sparc sparc32plus sparc64 sparcv9 alpha hppa
  parisc parisc64 m68k s390x sh4 sh4a sh4eb sh4aeb loongarch64 loong64 hexagon
  or1k openrisc xtensa xtensaeb microblaze-189 microblaze microblaze-old
  microblazeel-189 microblazeel microblazeel-old
)

# Offers those of the words after $1 that begin with it.
_binfmtbox_offer() {
  local begin=$1 candidate
  for candidate in "${@:2}"; do
    [[ $candidate != "$begin"* ]] || COMPREPLY+=("$candidate")
  done
}

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

# The entries that $@, a call of status, shows. A name that a terminal can't
# show, or in which a shell would find anything but a word, is left out.
_binfmtbox_entries() {
  "$@" 2>/dev/null | sed -nE 's/^([[:alnum:]_.+-]+) +(enabled|disabled) .*/\1/p'
}

# Words for the value called $1, which begins with $2.
_binfmtbox_value() {
  local words list
  case $1 in
    DIR | PATH | FILE | FILE\|*)
      compopt -o filenames 2>/dev/null
      if [[ $1 == DIR ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$2")
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
      fi
      ;;
    CPU\|ALL) _binfmtbox_offer "$2" ALL "${_binfmtbox_targets[@]}" ;;
    LIST)
      # What stands in front of the last comma stays.
      list=${2%"${2##*,}"}
      words=(all "${_binfmtbox_targets[@]}")
      _binfmtbox_offer "$2" "${words[@]/#/$list}"
      ;;
    [a-z]*\|*)
      IFS='|' read -ra words <<<"$1"
      _binfmtbox_offer "$2" "${words[@]}"
      ;;
  esac
}

# Commands that begin with $1; files, where it is a path.
_binfmtbox_commands() {
  if [[ $1 == */* ]]; then
    _binfmtbox_value FILE "$1"
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -c -- "$1"; compgen -d -- "$1")
  fi
}

_binfmtbox() {
  # The name alone: a file of a directory that somebody stands in is not started.
  local program=${1##*/} word=$2 before=$3
  local -a call=("$program") words=()
  local applet=$program
  COMPREPLY=()
  applet=${applet#binfmt-}
  if [[ $applet == binfmtbox ]]; then
    if ((COMP_CWORD == 1)); then
      mapfile -t words < <(command "$program" --list 2>/dev/null)
      _binfmtbox_offer "$word" "${words[@]}" help version --help --list --version --install
      return
    fi
    applet=${COMP_WORDS[1]#binfmt-}
    if [[ $applet == help ]]; then
      mapfile -t words < <(command "$program" --list 2>/dev/null)
      _binfmtbox_offer "$word" "${words[@]}"
      return
    fi
    if [[ $applet == --install ]]; then
      case $word in
        -*) _binfmtbox_offer "$word" -s --bare ;;
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
  done < <(command "${call[@]}" --help 2>/dev/null | _binfmtbox_options)
  ((${#values[@]})) || return

  # --option=VALUE is three words to bash.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  # The options of run end at COMMAND, the place of which is looked for.
  if [[ $applet == run ]]; then
    for ((i = ${#call[@]}; i < COMP_CWORD; ++i)); do
      case ${COMP_WORDS[i]} in
        --) ((++i)) && break ;;
        -*)
          if [[ ${COMP_WORDS[i + 1]} == = ]]; then
            ((i += 2))
          elif [[ -n ${values[${COMP_WORDS[i]}]-} ]]; then
            ((++i))
          fi
          ;;
        *) break ;;
      esac
    done
    if ((i < COMP_CWORD)); then
      _binfmtbox_value FILE "$word"
      return
    elif ((i == COMP_CWORD)) && [[ $word != -* || ${COMP_WORDS[i - 1]} == -- ]]; then
      _binfmtbox_commands "$word"
      return
    fi
  fi
  if [[ -n ${values[$before]-} ]]; then
    _binfmtbox_value "${values[$before]}" "$word"
    return
  fi
  if [[ $word == -* ]]; then
    _binfmtbox_offer "$word" "${!values[@]}"
    return
  fi
  # Entries of the registry that the line is about.
  for ((i = 1; i + 1 < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -D || ${COMP_WORDS[i]} == --dir ]] && dir=(-D "${COMP_WORDS[i + 1]}")
  done
  case $applet in
    register | qemu-binfmt-conf.sh)
      _binfmtbox_offer "$word" all "${_binfmtbox_targets[@]}"
      ;;
    status | clear)
      call=(command binfmt-status)
      [[ $program != binfmtbox ]] || call=(command binfmtbox status)
      mapfile -t words < <(_binfmtbox_entries "${call[@]}" "${dir[@]}")
      _binfmtbox_offer "$word" "${words[@]}" "${_binfmtbox_targets[@]}"
      ;;
  esac
}

complete -F _binfmtbox binfmtbox binfmt-mount binfmt-register binfmt-status binfmt-clear binfmt-run qemu-binfmt-conf.sh
