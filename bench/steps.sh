# The steps that qemu-binfmt-conf.sh takes for each target, behind variables
# CPU_magic, CPU_mask, CPU_family, CPU_name and CPU_path and the list $cpus.
host_family=$(uname -m)
for cpu in $cpus; do
  magic=$(eval echo "\$${cpu}_magic")
  mask=$(eval echo "\$${cpu}_mask")
  family=$(eval echo "\$${cpu}_family")
  eval "name=\$${cpu}_name path=\$${cpu}_path"
  if [ "$magic" = "" ] || [ "$mask" = "" ] || [ "$family" = "" ]; then
    continue
  fi
  if [ "$host_family" != "$family" ]; then
    printf '%s' ":$name:M::$magic:$mask:$path:" >/proc/sys/fs/binfmt_misc/register
  fi
done
