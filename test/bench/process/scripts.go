//go:build unix

package main

// How people do the same with shell scripts. The variables come from
// [contestant.env], and $SUBJECT is what the operation is about. Each script fails
// if the operation fails.

const callByCurl = `set -eu
call() { curl -sS --cacert "$CA" -H "Authorization: $AUTHORIZATION" -H 'Content-Type: application/json' "$@"; }
pats="$ORGANIZATION/_apis/tokens/pats?api-version=7.1-preview.1"
wish='{"displayName":"bench","scope":"vso.code","validTo":"'$VALID_TO'","allOrgs":false}'
`

const mintScript = callByCurl + `
pat=$(call -f -d "$wish" "$pats" | jq -er .patToken.token)
[ -n "$pat" ]`

const execScript = callByCurl + `
made=$(call -f -d "$wish" "$pats")
id=$(printf %s "$made" | jq -er .patToken.authorizationId)
trap 'call -f -X DELETE "$pats&authorizationId=$id"' EXIT
AZSTEP_TOKEN=$(printf %s "$made" | jq -er .patToken.token)
export AZSTEP_TOKEN
true`

const mintIoTScript = callByCurl + `
token=$(call -f -X PUT -d '{"roles":[{"role":"` + operator + `"}],"expiry":"'$VALID_TO'"}' \
  "$APPLICATION/api/apiTokens/$SUBJECT?api-version=2022-07-31" | jq -er .token)
[ -n "$token" ]`

const entraScript = `set -eu
token=$(curl -sSf --cacert "$CA" -d grant_type=client_credentials -d "client_id=$CLIENT_ID" -d "client_secret=$CLIENT_SECRET" \
  -d scope=499b84ac-1321-427f-aa17-267ca6975798/.default "$AUTHORITY/$TENANT_ID/oauth2/v2.0/token" | jq -er .access_token)
[ -n "$token" ]`

const teamScript = callByCurl + `
teams="$ORGANIZATION/_apis/projects/$PROJECT/teams"
name=$(jq -rn --arg name "$SUBJECT" '$name|@uri')
id=$(call "$teams/$name?api-version=7.1" | jq -r '.id // empty')
[ -n "$id" ] || id=$(call -f -d "$(jq -n --arg name "$SUBJECT" '{name: $name}')" "$teams?api-version=7.1" | jq -er .id)
[ -n "$id" ]`

const permissionsScript = callByCurl + `
call -f "$ORGANIZATION/$PROJECT/_apis/pipelines/pipelinepermissions/environment/$SUBJECT?api-version=7.1-preview.1" |
  jq -e '.allPipelines.authorized or any(.pipelines[]; .id == 15 and .authorized)'`

const permitScript = callByCurl + `
permissions="$ORGANIZATION/$PROJECT/_apis/pipelines/pipelinepermissions/environment/$SUBJECT?api-version=7.1-preview.1"
call -f "$permissions" | jq -e 'any(.pipelines[]; .id == 6 and .authorized)' >/dev/null ||
  call -f -X PATCH -d '{"pipelines":[{"id":6,"authorized":true}]}' "$permissions" | jq -e 'any(.pipelines[]; .id == 6 and .authorized)'`

const pruneScript = callByCurl + `
before=$(date -u -d '24 hours ago' +%FT%TZ)
call -f "$pats" | jq -r --arg before "$before" \
  '.patTokens[] | select(.validFrom < $before and (.displayName | test(" \\[azstep:[0-9a-f]{8}]$"))) | .authorizationId' |
  while read -r id; do call -f -X DELETE "$pats&authorizationId=$id"; done`

const whoamiScript = callByCurl + `
call -f "$ORGANIZATION/_apis/connectionData?api-version=7.1-preview.1" | jq -er .authenticatedUser.id`

// az gets a token or a PAT, because it can only sign in at Microsoft's own hosts.
const restByAz = `set -eu
rest() { az rest --skip-authorization-header --headers "Authorization=$AUTHORIZATION" 'Content-Type=application/json' "$@"; }
pats="$ORGANIZATION/_apis/tokens/pats?api-version=7.1-preview.1"
`

const mintByAz = restByAz + `
pat=$(rest --method post --url "$pats" --query patToken.token --output tsv \
  --body '{"displayName":"bench","scope":"vso.code","validTo":"'$VALID_TO'","allOrgs":false}')
[ -n "$pat" ]`

const revokeByAz = restByAz + `rest --method delete --url "$pats&authorizationId=$SUBJECT"`

const mintIoTByAz = restByAz + `
token=$(rest --method put --url "$APPLICATION/api/apiTokens/$SUBJECT?api-version=2022-07-31" --query token --output tsv \
  --body '{"roles":[{"role":"` + operator + `"}],"expiry":"'$VALID_TO'"}')
[ -n "$token" ]`

const revokeIoTByAz = restByAz + `rest --method delete --url "$APPLICATION/api/apiTokens/$SUBJECT?api-version=2022-07-31"`

const teamByAz = `set -eu
az devops team show --organization "$ORGANIZATION" --project "$PROJECT" --team "$SUBJECT" 2>"$HOME/refused" ||
  az devops team create --organization "$ORGANIZATION" --project "$PROJECT" --name "$SUBJECT"`

const permissionsByAz = `set -eu
az devops invoke --organization "$ORGANIZATION" --area pipelinePermissions --resource pipelinePermissions --api-version 7.1-preview \
  --route-parameters "project=$PROJECT" resourceType=environment "resourceId=$SUBJECT" \
  --query 'pipelines[?id==` + "`15`" + `].authorized' --output tsv | grep -qi true`

const permitByAz = `set -eu
printf %s '{"pipelines":[{"id":6,"authorized":true}]}' >"$HOME/permit.json"
az devops invoke --organization "$ORGANIZATION" --area pipelinePermissions --resource pipelinePermissions --api-version 7.1-preview \
  --http-method PATCH --route-parameters "project=$PROJECT" resourceType=environment "resourceId=$SUBJECT" \
  --in-file "$HOME/permit.json" --query 'pipelines[?id==` + "`6`" + `].authorized' --output tsv | grep -qi true`

const whoamiByAz = restByAz + `rest --url "$ORGANIZATION/_apis/connectionData?api-version=7.1-preview.1" --query authenticatedUser.id`

const permitByTofu = `set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.tf <<END
terraform {
  required_providers {
    azuredevops = { source = "microsoft/azuredevops" }
  }
}
provider "azuredevops" { org_service_url = "$ORGANIZATION" }
resource "azuredevops_pipeline_authorization" "bench" {
  project_id  = "$PROJECT_ID"
  resource_id = "$SUBJECT"
  type        = "environment"
  pipeline_id = 6
}
END
AZDO_PERSONAL_ACCESS_TOKEN=$AZURE_DEVOPS_EXT_PAT "$TOFU" apply -auto-approve -input=false -no-color`
