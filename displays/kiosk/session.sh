#!/bin/sh
# What the screen's session is made of: a compositor or an X server that shows one window, and the kit inside it.
# usage: session.sh cage | labwc | x        (by the unit)
set -eu
here=$(dirname "$(readlink -f "$0")")

case "${1:-}" in
cage) exec cage -d -s -- "$0" kit ;;
labwc) exec labwc -C "$here/labwc" -s "$0 kit" ;;
x) exec xinit "$0" x-inside -- /usr/bin/X "vt${XDG_VTNR:-7}" -keeptty -nocursor -nolisten tcp -s 0 -dpms ;;
x-inside) # matchbox gives its one window the whole screen; X's own timers would put it out
    xset s off -dpms s noblank || true # not every server has these timers
    matchbox-window-manager -use_titlebar no -use_cursor no &
    exec "$0" kit ;;
kit)
    cd "$here" # so that python finds the folder kiosk
    exec python3 -m kiosk ;;
*)
    sed -n 's/^# usage: //p' "$0" >&2
    exit 2 ;;
esac
