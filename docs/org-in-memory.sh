# Creates a user, reads it and freezes it, with curl alone.
set -eu
api=$SALESFORCE_DOMAIN/services/data/v66.0

call() { # with the certificate that --tls makes, if there is one
	curl --silent --show-error --fail-with-body ${SALESFORCE_CA_FILE:+--cacert "$SALESFORCE_CA_FILE"} "$@"
	echo
}
value() { # of a key of the answer; without it, the answer is an error
	answer=$(cat)
	found=$(printf '%s\n' "$answer" | sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p')
	[ -n "$found" ] || { printf '%s\n' "$answer" >&2; return 1; }
	printf '%s\n' "$found"
}

echo 'log in'
token=$(call "$SALESFORCE_TOKEN_ENDPOINT" -d grant_type=client_credentials \
	--data-urlencode "client_id=$SALESFORCE_CLIENT_ID" \
	--data-urlencode "client_secret=$SALESFORCE_CLIENT_SECRET" | value access_token)
sf() { call -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@"; }

echo 'create a user'
id=$(sf "$api/sobjects/User" -d '{
	"Username": "alice.'$$'@acme.example.com", "Email": "alice@example.com", "LastName": "Jones", "Alias": "alice",
	"ProfileId": "'"$SALESFORCE_PROFILE_ID"'", "TimeZoneSidKey": "Europe/Paris", "LocaleSidKey": "en_US",
	"LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8"}' | value id)

echo 'read it'
sf "$api/sobjects/User/$id?fields=Username,IsActive"

echo 'freeze it'
logins="$api/query?q=SELECT+Id,IsFrozen+FROM+UserLogin+WHERE+UserId='$id'"
login=$(sf "$logins" | value Id)
sf -X PATCH "$api/sobjects/UserLogin/$login" -d '{"IsFrozen": true}'
sf "$logins"
