set -eu
mkdir -p /srv/rpms && cd /srv/rpms
make_rpm() { # name version
  printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: trial\nLicense: none\nBuildArch: noarch\n%%description\ntrial\n%%files\n' "$1" "$2" > "$1.spec"
  rpmbuild --quiet -bb --define '_rpmdir /srv/rpms' --define '_rpmfilename %{NAME}-%{VERSION}.rpm' "$1.spec"
}
for version in 1.0 1.1 2.0; do make_rpm demo "$version"; done
for name in other third; do make_rpm "$name" 1.0; done
createrepo_c -q .
mkdir -p /etc/yum.repos.d
printf '[local]\nname=local\nbaseurl=file:///srv/rpms\ngpgcheck=0\nenabled=1\n' > /etc/yum.repos.d/local.repo
# Debian switches this plugin on: it signs for nothing and refuses what it copied itself.
printf '[main]\nenabled = false\n' > /etc/dnf/plugins/local.conf
