package steps

import (
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
)

// fullScope is the PAT scope that allows everything that its user may do.
const fullScope = "app_token"

// knownScopes lists the PAT scopes that Microsoft documents (OAuth scopes of Azure
// DevOps, and the list in its own PAT tool). An unknown scope is only a warning,
// because the list may be out of date.
const knownScopes = `app_token vso.advsec vso.advsec_manage vso.advsec_write vso.agentpools vso.agentpools_manage vso.analytics
vso.auditlog vso.auditstreams_manage vso.build vso.build_execute vso.code vso.code_full vso.code_manage vso.code_status vso.code_write
vso.connected_server vso.dashboards vso.dashboards_manage vso.drop vso.drop_manage vso.drop_write vso.entitlements vso.environment_manage
vso.extension vso.extension.data vso.extension.data_write vso.extension_manage vso.gallery vso.gallery_acquire vso.gallery_manage
vso.gallery_publish vso.githubconnections vso.githubconnections_manage vso.graph vso.graph_manage vso.hooks vso.hooks_interact
vso.hooks_write vso.identity vso.identity_manage vso.loadtest vso.loadtest_write vso.machinegroup_manage vso.memberentitlementmanagement
vso.memberentitlementmanagement_write vso.notification vso.notification_diagnostics vso.notification_manage vso.notification_write
vso.packaging vso.packaging_manage vso.packaging_write vso.pats vso.pats_manage vso.pipelineresources_manage vso.pipelineresources_use
vso.profile vso.profile_write vso.project vso.project_manage vso.project_write vso.release vso.release_execute vso.release_manage
vso.securefiles_manage vso.securefiles_read vso.securefiles_write vso.security_manage vso.serviceendpoint vso.serviceendpoint_manage
vso.serviceendpoint_query vso.settings vso.settings_write vso.symbols vso.symbols_manage vso.symbols_write vso.taskgroups_manage
vso.taskgroups_read vso.taskgroups_write vso.test vso.test_write vso.threads_full vso.tokenadministration vso.tokens
vso.variablegroups_manage vso.variablegroups_read vso.variablegroups_write vso.wiki vso.wiki_write vso.work vso.work_full vso.work_write`

// scopeShape matches anything that can be a scope, and no pasted token.
var scopeShape = pattern.New(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)

func checkScopes(scopes []string) (problems []error) {
	known := strings.Fields(knownScopes)
	for _, s := range scopes {
		if !slices.Contains(known, s) && !scopeShape.MatchString(s) {
			problems = append(problems, input.Wrong("scopes", s, "write scopes such as vso.code vso.packaging_write, separated by spaces, commas or lines"))
		}
	}
	return problems
}

func warnScopes(log Logger, scopes []string) {
	known := strings.Fields(knownScopes)
	for _, s := range scopes {
		switch {
		case s == fullScope:
			log.Warnf("the scope app_token lets the PAT do everything its user can do; list only the scopes that the job needs")
		case !slices.Contains(known, s):
			warnUnknown(log, s, known)
		}
	}
}

func warnUnknown(log Logger, scope string, known []string) {
	if best, ok := input.Nearest(scope, known); ok {
		log.Warnf("the scope %q is not known; did you mean %s?", scope, best)
		return
	}
	log.Warnf("the scope %q is not known", scope)
}
