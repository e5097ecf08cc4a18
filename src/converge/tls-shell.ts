/**
 * How a host is asked about its certificates, by two processes of openssl for each, and how key, request and certificate
 * are made. A key is made only where none is; one that can't be read is an error and never replaced.
 */
const readShell = `
tls_certificate_gone() { # id paths…
  s_of=$1; shift
  for s_path in "$@"; do
    if [ -n "$s_path" ] && { [ -e "$s_path" ] || [ -L "$s_path" ]; }; then seen "$s_of" exists yes; return 0; fi
  done
}
tls_certificate_key_seen() { # id key attributes; its public half in $k_public
  k_public=
  if [ ! -s "$2" ]; then seen "$1" key absent; return 0; fi
  k_public=$(openssl pkey -in "$2" -pubout -passin pass: 2>/dev/null) || { seen "$1" key unreadable; return 0; }
  k_stat=$(stat -c '%f %U %G' -- "$2")
  [ "$k_stat" = "$3" ] || seen "$1" key-attributes "$k_stat"
}
tls_certificate_lines() { # text of openssl: its public key in $k_found, subject in $k_subject, names in $k_names
  k_found= k_subject= k_names= k_next=
  while IFS= read -r k_line; do
    case $k_line in
      -----BEGIN*) k_found=$k_line ;;
      -----END*) k_found=$k_found$nl$k_line ;;
      subject=*) k_subject=\${k_line#subject=} ;;
      *'Subject Alternative Name'*) k_next=names ;;
      *)
        if [ -n "$k_next" ]; then k_names=\${k_line#"\${k_line%%[! ]*}"} k_next=
        else case $k_found in *-----END*) ;; -----BEGIN*) k_found=$k_found$nl$k_line ;; esac; fi ;;
    esac
  done <<TEXT
$1
TEXT
}
tls_certificate_request_seen() { # id request subject names
  k_text=$(openssl req -in "$2" -noout -text -pubkey -subject -nameopt compat 2>/dev/null) || { seen "$1" request absent; return 0; }
  tls_certificate_lines "$k_text"
  if [ "$k_found" != "$k_public" ]; then seen "$1" request 'of another key'
  elif [ "$k_subject" != "$3" ]; then seen "$1" request "for $k_subject"
  elif [ "$k_names" != "$4" ]; then seen "$1" request "for \${k_names:-no names}"
  fi
}
tls_certificate_seen() { # id path attributes subject names seconds
  if [ ! -s "$2" ]; then seen "$1" certificate absent; return 0; fi
  k_soon=
  k_text=$(openssl x509 -in "$2" -noout -pubkey -subject -nameopt compat -ext subjectAltName -checkend "$6" 2>/dev/null) || k_soon=yes
  tls_certificate_lines "$k_text"
  if [ -z "$k_found" ]; then seen "$1" certificate unreadable
  elif [ "$k_found" != "$k_public" ]; then seen "$1" certificate 'of another key'
  elif [ "$k_subject" != "$4" ]; then seen "$1" certificate "for $k_subject"
  elif [ "$k_names" != "$5" ]; then seen "$1" certificate "for \${k_names:-no names}"
  elif [ -n "$k_soon" ]; then seen "$1" certificate "ending $(openssl x509 -in "$2" -noout -enddate | sed 's/^notAfter=//')"
  fi
  stat_seen "$1" "$2" "$3"
}
tls_certificate_given_seen() { # id path attributes text
  if [ ! -s "$2" ]; then seen "$1" certificate absent; return 0; fi
  [ "$(cat "$2")" = "\${4%"$nl"}" ] || seen "$1" certificate 'another one'
  stat_seen "$1" "$2" "$3"
}
tls_certificate_bundle_seen() { # id path key bundle attributes
  if [ ! -s "$4" ]; then seen "$1" bundle absent
  elif [ "$(cat "$2" "$3" 2>/dev/null)" != "$(cat "$4")" ]; then seen "$1" bundle 'of others'
  elif [ "$(stat -c '%f %U %G' -- "$4")" != "$5" ]; then seen "$1" bundle 'with other permissions'
  fi
}
`;

const applyShell = `
tls_certificate_key() { # key type mode owner group
  if [ ! -s "$1" ]; then
    beside "$1"
    case $2 in
      ecdsa-p256) set -- "$@" EC -pkeyopt ec_paramgen_curve:P-256 ;;
      ed25519) set -- "$@" ED25519 ;;
      *) set -- "$@" RSA -pkeyopt "rsa_keygen_bits:\${2#rsa-}" ;;
    esac
    k_key=$1 k_mode=$3 k_owner=$4:$5
    shift 5
    ( umask 077; openssl genpkey -out "$p_new" -algorithm "$@" )
    [ -s "$p_new" ]
    set -- "$k_key" - "$k_mode" "\${k_owner%:*}" "\${k_owner#*:}"
    chown "$4:$5" "$p_new"
    chmod "$3" "$p_new"
    swap_in "$p_new" "$1" "" ""
  fi
  if ! openssl pkey -in "$1" -noout -passin pass:; then
    echo "the key $1 can't be read, and a key is never replaced: mend it, or remove it by hand"
    return 1
  fi
  chown "$4:$5" "$1"
  chmod "$3" "$1"
}
tls_certificate_request() { # request key subject names
  beside "$1"
  openssl req -new -key "$2" -subj "$3" -addext "subjectAltName=$4" -out "$p_new"
  chmod 0644 "$p_new"
  swap_in "$p_new" "$1" "" ""
}
tls_certificate_sign() { # path key subject names days owner group
  beside "$1"
  openssl req -new -x509 -key "$2" -subj "$3" -addext "subjectAltName=$4" -days "$5" -out "$p_new"
  chown "$6:$7" "$p_new"
  chmod 0644 "$p_new"
  swap_in "$p_new" "$1" "$check" "$commit"
}
tls_certificate_fits() { # key certificate
  k_one=$(openssl pkey -in "$1" -pubout -passin pass:) || return 1
  k_other=$(openssl x509 -in "$2" -noout -pubkey) || return 1
  if [ "$k_one" = "$k_other" ]; then return 0; fi
  echo "the certificate isn't of the key $1"
  return 1
}
tls_certificate_bundle() { # path key bundle mode owner group
  beside "$3"
  ( umask 077; cat "$1" "$2" > "$p_new" )
  chown "$5:$6" "$p_new"
  chmod "$4" "$p_new"
  swap_in "$p_new" "$3" "" ""
}
`;

export const tlsShell = { read: readShell, apply: applyShell };
