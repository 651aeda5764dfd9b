# What zsh would offer for a command line: zsh -f THIS DIR LINE, where DIR holds
# _binfmtbox. Prints the words, one a line.
zmodload zsh/zpty

child() {
  PROMPT=
  fpath=($1 $fpath)
  autoload -Uz compinit
  compinit -D -u
  # Says what would be offered, and offers it.
  compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
      local -a hits
      builtin compadd -O hits "$@"
      (($#hits)) && print -rl -- HIT:$^hits
    fi
    builtin compadd "$@"
  }
  zle -C hits complete-word complete_hits
  complete_hits() { _main_complete; print -r -- HITS:END; compstate[insert]= compstate[list]=; }
  bindkey '^I' hits
  print -r -- READY
}

zpty shell zsh -f -i
zpty -w shell "$(functions child); child ${(q)1}"
while zpty -r shell line && [[ $line != READY* ]]; do :; done
zpty -w -n shell "$2"$'\t'
while zpty -r shell line; do
  [[ $line == *HITS:END* ]] && break
  [[ $line == *HIT:* ]] && print -r -- ${${line#*HIT:}%%[[:space:]]#}
done
zpty -d shell
