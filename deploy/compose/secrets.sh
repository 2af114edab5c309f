#!/bin/sh
# The secrets of a city under compose: ./secrets.sh, or ./secrets.sh nashik for one of several, whose
# virtual host and databases bear its name (docs/cities.md). They are in secrets/ beside this script:
# passwords of broker, databases and Grafana, and the keys that a city has of its own (as `palika
# secrets init` makes them).
#
# The folder is its owner's alone. A container's user reads the files in it that the container is
# given, whoever owns them, so they are readable in there. What is there is never written over.
set -eu
cd "$(dirname "$0")"
city=${1:-}
case $city in
    *[!a-z0-9-]* | -* | *- | *--* | [0-9]*)
        echo "$city is no name of a city: small letters, digits and hyphens between them" >&2
        exit 2
        ;;
esac
if [ -e secrets ]; then
    echo "secrets/ is there and stays as it is" >&2
    exit 0
fi
umask 022
rm -rf secrets.new
mkdir -m 700 secrets.new
password() { openssl rand -hex 24; }
keep() {
    printf '%s\n' "$2" >"secrets.new/$1"
    chmod 444 "secrets.new/$1"
}

broker=$(password)
keep AMQP_URI "amqp://palika:$broker@rabbitmq:5672/${city:-/}"
keep rabbitmq.conf "default_user = palika
default_pass = $broker
default_vhost = ${city:-/}"
keep postgres-password "$(password)"
keep grafana-password "$(password)"
# Of the accounts by which alerts go out; the city writes them in.
keep smtp-password ""
keep pager-token ""

databases="-- A user and a database for each service, made when PostgreSQL starts for the first time."
for service in eoffice grievance kpi notify portal tax warroom; do
    own=$(password)
    name=palika_$(echo "${city:+$city-}" | tr '-' '_')$service
    databases="$databases
CREATE USER $name PASSWORD '$own';
CREATE DATABASE $name OWNER $name;
REVOKE CONNECT ON DATABASE $name FROM PUBLIC;"
    variable=$(echo "$service" | tr '[:lower:]' '[:upper:]')_DATABASE_URL
    keep "$variable" "postgresql://$name:$own@postgres:5432/$name"
done
keep databases.sql "$databases"
for keys in eoffice-keys notify-keys portal-keys tax-document-keys; do
    keep "$keys" "$(openssl rand -base64 32)"
done
# Who vouches for callers: a key for each, and the public ones of all (JSON Web Keys, RFC 7517; a key's
# name is its thumbprint, RFC 7638).
url64() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
public=""
for signer in eoffice grievance kpi notify operator portal tax warroom; do
    key="secrets.new/identity-$signer.pem"
    openssl genpkey -quiet -algorithm ed25519 -out "$key" 2>/dev/null ||
        openssl genpkey -algorithm ed25519 -out "$key"
    chmod 444 "$key"
    x=$(openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | url64)
    kid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | url64)
    entry="{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"$x\", \"kid\": \"$kid\""
    entry="$entry, \"use\": \"sig\", \"signer\": \"$signer\"}"
    public="${public:+$public, }$entry"
done
keep identity-public.json "{\"keys\": [$public]}"
# What the city has from others, a file each with the setting's name: PALIKA_WHATSAPP_TOKEN, …
mkdir -m 755 secrets.new/settings
mv secrets.new secrets
echo "made secrets/: it belongs into the backup, apart from the databases"
