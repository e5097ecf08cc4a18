set -eu
mkdir -p /srv/debs && cd /srv/debs
make_deb() { # name version
  rm -rf tree && mkdir -p "tree/DEBIAN"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: t <t@rack.test>\nDescription: trial\n' "$1" "$2" > tree/DEBIAN/control
  case $1 in
    brittle) printf '#!/bin/sh\n[ ! -e /srv/fail ]\n' > tree/DEBIAN/postinst; chmod 755 tree/DEBIAN/postinst ;;
    demo) printf '#!/bin/sh\n/usr/sbin/policy-rc.d demo start; echo "never: $?" > /root/demo-started\n' > tree/DEBIAN/postinst; chmod 755 tree/DEBIAN/postinst ;;
  esac
  dpkg-deb --root-owner-group -b tree "$1_$2_all.deb" >/dev/null
  rm -rf tree
}
for version in 1.0 1.1 2.0; do make_deb demo "$version"; done
for name in other third; do make_deb "$name" 1.0; done
make_deb third 2.0
make_deb brittle 1.0
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum < "$deb" | cut -d ' ' -f 1)"
done > Packages
printf '#!/bin/sh\nexec dpkg-query -W -f "\${Version} \${db:Status-Want}" "$1"\n' > /root/state
printf '#!/bin/sh\nexec dpkg-query -W -f "\${db:Status-Status}" "$1"\n' > /root/status
chmod 755 /root/state /root/status
