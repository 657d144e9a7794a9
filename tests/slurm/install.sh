#!/usr/bin/env bash
# Installs Debian's SLURM, munge and MariaDB, which the tests in this folder run on; does nothing where they are.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
programs=(munged mariadbd slurmdbd slurmctld slurmd sbatch)
packages=(slurmctld slurmd slurm-client munge slurmdbd mariadb-server-core mariadb-client-core)

type -P "${programs[@]}" >/dev/null && exit 0
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
if ! { "${sudo[@]}" apt-get -q update && "${sudo[@]}" apt-get -q install -y --no-install-recommends "${packages[@]}"; }; then
  echo "WARNING: SLURM could not be installed; THE TESTS ON A REAL SLURM ARE SKIPPED." >&2
fi
