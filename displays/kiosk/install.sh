#!/bin/sh
# Makes this machine the player of a screen, or something else again. Debian 12 and later, Raspberry Pi OS 12 and later.
# May be run again at any time: to mend, to update, to change the address. Nothing of a pairing is touched.
set -eu

usage() {
    cat <<'TEXT'
usage: sudo sh install.sh [https://ADDRESS.OF.THE.WALL] [options]
       sudo sh install.sh --uninstall [--purge]

  --session cage|labwc|x  what shows the window: cage (Wayland, unless said otherwise), labwc, or an X server
  --panel on|off|cec      while the place is closed and its screens black: leave the panel on (unless said otherwise),
                          switch the output off, or put the television to standby over HDMI-CEC
  --root FOLDER           put the files below FOLDER and do nothing else: for who builds a disk image
  --dry-run               say what would be done, and do nothing
  --uninstall             take it away; --purge also its settings and its pairing
The address is needed the first time only.
TEXT
}
fail() { printf 'install.sh: %s\n' "$2" >&2; exit "$1"; }
say() { printf '%s\n' "$*"; }
run() { if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi; }
machine() { [ -n "$root" ] || run "$@"; } # what concerns this machine, not the files

url='' session='' panel='' root='' dry='' uninstall='' purge=''
while [ $# -gt 0 ]; do
    case $1 in
    --session | --panel | --root)
        [ $# -gt 1 ] || fail 2 "$1 needs a value; --help says which"
        case $1 in --session) session=$2 ;; --panel) panel=$2 ;; --root) root=${2%/} ;; esac
        shift ;;
    --dry-run) dry=1 ;;
    --uninstall) uninstall=1 ;;
    --purge) purge=1 ;;
    -h | --help) usage; exit 0 ;;
    http://?* | https://?*) url=$1 ;;
    *) fail 2 "what is \"$1\"? An address begins with https://; --help says the rest" ;;
    esac
    shift
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
lib=$root/usr/local/lib/complicite-kiosk
unit=$root/etc/systemd/system/complicite-kiosk.service
settings=$root/etc/complicite-kiosk.toml
home=$root/var/lib/complicite-kiosk
former=$root/etc/complicite-kiosk.former # what showed the log-in and where a start ended, before us
links=$root/etc/systemd/system
chosen=$root/etc/X11/default-display-manager # what each update of a log-in of Debian's makes the machine's log-in
user=complicite-kiosk

case $url in *[\"\\\ ]*) fail 2 "an address has no quotes, backslashes or blanks: $url" ;; esac
case $session in '' | cage | labwc | x) ;; *) fail 2 "--session is cage, labwc or x, not $session" ;; esac
case $panel in '' | on | off | cec) ;; *) fail 2 "--panel is on, off or cec, not $panel" ;; esac
[ -n "$root$dry" ] || [ "$(id -u)" = 0 ] || fail 1 "only root may do this: sudo sh $0 …"

remove() {
    machine systemctl disable --now complicite-kiosk.service || true
    if [ -f "$former" ]; then
        manager='' target='' login=''
        # shellcheck disable=SC1090
        . "$former"
        restore display-manager.service "$manager"
        restore default.target "$target"
        [ -z "$login" ] || write "$login" "$chosen"
    fi
    run rm -rf "$lib" "$unit" "$former"
    [ -z "$purge" ] || run rm -rf "$settings" "$home"
    machine systemctl daemon-reload
    if [ -n "$purge" ] && id "$user" >/dev/null 2>&1; then
        # Its own systemd outlives its session by ten seconds, and an account that is in use is not deleted.
        machine systemctl stop "user@$(id -u "$user").service" || true
        machine userdel "$user"
    fi
    say "The kiosk is taken away. Restart the machine: its desktop or its console is back."
    [ -n "$purge" ] || say "Its settings and its pairing are still there; --purge takes them too."
}

# A link of systemd as it was. Not by "systemctl enable": Debian's gdm3 has nothing that this could make a link from.
restore() {
    case $2 in
    '') case $(readlink "$links/$1" || true) in *complicite-kiosk* | */graphical.target) run rm -f "$links/$1" ;; esac ;;
    /*) run ln -sfn "$2" "$links/$1" ;;
    *) run ln -sfn "/lib/systemd/system/$2" "$links/$1" ;; # an earlier kit kept the name alone
    esac
}
write() { if [ -n "$dry" ]; then say "would write: $2 ($1)"; else printf '%s\n' "$1" >"$2"; fi; }

packages() {
    chromium=chromium
    apt-cache show chromium >/dev/null 2>&1 || chromium='chromium-browser' # its name on an older Raspberry Pi OS
    set -- python3 "$chromium" fonts-noto-core fonts-noto-cjk ca-certificates dbus libpam-systemd
    case $session in
    cage) set -- "$@" cage xwayland wlr-randr ;; # Debian 12's cage does not start without Xwayland
    labwc) set -- "$@" labwc wlr-randr ;;
    x) set -- "$@" xserver-xorg-core xserver-xorg-legacy xserver-xorg-input-libinput xinit x11-xserver-utils \
        matchbox-window-manager ;;
    esac
    [ "$panel" != cec ] || set -- "$@" v4l-utils
    missing=''
    for each in "$@"; do
        dpkg-query -W -f '${Status}' "$each" 2>/dev/null | grep -q 'ok installed' || missing="$missing $each"
    done
    [ -n "$missing" ] || return 0
    say "Installing$missing"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive run apt-get install -y -qq --no-install-recommends $missing ||
        fail 1 "these packages could not be installed:$missing. Is there a network? Does this Debian have them?"
}

# Debian 12's cage does not let wlr-randr do that.
able() {
    [ "$session$panel" = cageoff ] || return 0
    version=$(apt-cache policy cage | sed -n 's/^ *Candidate: //p')
    ! dpkg --compare-versions "$version" lt-nl 0.2 ||
        fail 2 "cage $version can't switch an output off: add --session x, or --session labwc, or say --panel cec"
}

files() {
    run mkdir -p "$lib/kiosk" "$lib/labwc" "$(dirname "$unit")"
    run cp "$here"/*.py "$here/waiting.html" "$lib/kiosk/"
    run cp "$here/session.sh" "$here/README.md" "$here/TV.md" "$lib/"
    run cp "$here/labwc/rc.xml" "$lib/labwc/"
    run chmod 755 "$lib/session.sh"
    [ -n "$dry" ] || (cd "$lib" && python3 -B -m kiosk.cursor "$lib/cursors")
    type=wayland
    [ "$session" != x ] || type=x11
    if [ -n "$dry" ]; then say "would write: $unit ($session)"; else
        sed "s/@SESSION@/$session/; s/@TYPE@/$type/" "$here/complicite-kiosk.service" >"$unit"
    fi
}

# Lines that nobody asked to change stay as a person wrote them.
configure() {
    if [ -n "$dry" ]; then say "would write: $settings (url = \"$url\", panel = \"$panel\")"; return; fi
    [ -f "$settings" ] || cat >"$settings" <<TEXT
# The screen of a wall: /usr/local/lib/complicite-kiosk/README.md says what may stand here.
# After a change: sudo systemctl restart complicite-kiosk
url = "$url"
panel = "$panel"
# memory_mb = 1500                 # beyond it the browser starts anew once the place is closed
# flags = ["--force-device-scale-factor=1"]
TEXT
    [ -z "$(tail -c 1 "$settings")" ] || echo >>"$settings" # its last line wants its end
    for pair in "url $url" "panel $panel"; do
        name=${pair%% *} value=${pair#* }
        escaped=$(printf '%s' "$value" | sed 's/[&|]/\\&/g')
        if grep -q "^$name *=" "$settings"; then
            sed -i "s|^$name *=.*|$name = \"$escaped\"|" "$settings"
        else
            printf '%s = "%s"\n' "$name" "$value" >>"$settings"
        fi
    done
}

account() {
    id "$user" >/dev/null 2>&1 ||
        machine useradd --system --home-dir /var/lib/complicite-kiosk --shell /usr/sbin/nologin "$user"
    for group in video render input; do
        if getent group "$group" >/dev/null; then machine usermod -aG "$group" "$user"; fi
    done
}

# The machine's log-in is ours, also after an update of the one before, which asks $chosen whose turn it is.
take_over() {
    if [ -z "$dry" ] && [ ! -f "$former" ]; then
        link=$(readlink "$links/display-manager.service" || true)
        [ "${link##*/}" != complicite-kiosk.service ] || link=''
        printf 'manager=%s\ntarget=%s\n' "$link" "$(readlink "$links/default.target" || true)" >"$former"
    fi
    if [ -f "$chosen" ] && ! grep -q "$user" "$chosen"; then
        [ -n "$dry" ] || printf 'login=%s\n' "$(cat "$chosen")" >>"$former"
        write "/usr/local/lib/complicite-kiosk/$user" "$chosen"
    fi
    run ln -sfn /etc/systemd/system/complicite-kiosk.service "$links/display-manager.service"
    run ln -sfn /lib/systemd/system/graphical.target "$links/default.target"
    machine systemctl daemon-reload
}

if [ -n "$uninstall" ]; then remove; exit 0; fi

was() { sed -n "s/^$1 *= *\"\\(.*\\)\".*/\\1/p" "$settings" 2>/dev/null | head -n 1; }
[ -n "$url" ] || url=$(was url)
[ -n "$url" ] || fail 2 "which wall? sudo sh $0 https://address.of.the.wall"
[ -n "$panel" ] || panel=$(was panel)
[ -n "$panel" ] || panel=on
[ -n "$session" ] || session=$(sed -n 's/^ExecStart=.*session.sh //p' "$unit" 2>/dev/null || true)
[ -n "$session" ] || session=cage
case $url in
https://*) ;;
*) say "Note: without https:// this screen can't keep its house loop for a start without a network." ;;
esac

if [ -z "$root" ]; then
    command -v apt-get >/dev/null || fail 1 "this is neither Debian nor Raspberry Pi OS: there is no apt-get"
    # First: a fresh image has no lists, and what is asked of them below would be answered wrongly.
    run apt-get update -qq || say "The lists of packages could not be fetched; going on with those that are here."
    able
    packages
fi
[ -n "$dry$root" ] || python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail 1 "Python 3.11 or later is needed: Debian 12 or later, Raspberry Pi OS 12 (bookworm) or later"
files
configure
account
take_over
[ -z "$root" ] || { say "The files are below $root."; exit 0; }
say "Done. Restart the machine (sudo reboot): the screen shows a code of 8 signs; type it in the wall's administration, at"
say "$url/admin/screens, or on the store's tablet. What it does: journalctl -u complicite-kiosk -f"
