#!/bin/sh
# Secrets come as files: each that has the name of a setting becomes that setting, and nothing else
# of the container's description has to hold it. Then what was asked for takes this process's place.
set -eu
for file in "${SECRETS_FOLDER:-/run/secrets}"/* "${SETTINGS_FOLDER:-/run/settings}"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    case $name in
        AMQP_URI | DATABASE_URL | *_DATABASE_URL | PALIKA_* | AWS_*)
            value=$(cat "$file")
            export "$name=$value"
            ;;
    esac
done
exec "$@"
