package steps

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// whoamiOperation is the operation's row in the table.
func whoamiOperation() Operation {
	return Operation{
		Name: "whoami", Does: "shows the credential's identity, what you can use it for, and any problems on the way to the services",
		Outputs: []string{"name", "id", "kind", "credential-kind", "tenant-id", "scopes", "valid-to", "clock-skew"},
		New:     func() Step { return new(whoami) },
	}
}

// whoami shows the credential's identity and what it can be used for. It changes
// nothing.
type whoami struct {
	Resource     string `env:"RESOURCE, default=azure-devops"`
	Organization string `env:"ORGANIZATION" azure:"SYSTEM_COLLECTIONURI,SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"`
	Application  string `env:"APPLICATION"`
	BaseDomain   string `env:"BASE_DOMAIN"`
	address      Address
}

// Validate requires only the address of the service that resource names.
func (w *whoami) Validate() []error {
	switch w.Resource {
	case "azure-devops":
		return w.locateOrganization()
	case "iot-central":
		return w.locateApplication()
	}
	return []error{input.Wrong("resource", w.Resource, "azure-devops or iot-central")}
}

func (w *whoami) locateOrganization() []error {
	if w.Organization == "" {
		return []error{input.Missing("organization")}
	}
	o := organization{Organization: w.Organization}
	problems := o.locate()
	w.address = Address{transport.Token, o.at.Base, "organization"}
	return problems
}

func (w *whoami) locateApplication() []error {
	if w.Application == "" {
		return []error{input.Missing("application")}
	}
	a := application{Application: w.Application, BaseDomain: w.BaseDomain}
	problems := a.locate()
	w.address = a.Addresses()[0]
	return problems
}

func (w *whoami) Need() auth.Need {
	if w.Resource == "iot-central" {
		return auth.Need{Service: auth.IoTCentral}
	}
	return auth.Need{Service: auth.AzureDevOps}
}

func (w *whoami) Addresses() []Address { return []Address{w.address} }

// found is what whoami has found out.
type found struct {
	about  auth.About
	name   string
	id     string
	kind   string // user, application or build-service
	tenant string
	skew   time.Duration // this machine's clock minus the service's
	manage bool          // IoT Central: the credential may manage API tokens
	reply  transport.Reply
}

// Run asks the service a single question.
func (w *whoami) Run(ctx context.Context, e Env) error {
	about, err := e.About(ctx)
	if err != nil {
		return err
	}
	f := found{about: about, name: about.Name, id: about.ID, tenant: about.Tenant, kind: "user"}
	if about.App {
		f.kind = "application"
	}
	began := e.Now()
	if err := w.ask(ctx, e, &f); err != nil {
		return err
	}
	f.skew = skew(began, e.Now(), f.reply.Date())
	w.logFindings(e, f)
	_, err = e.Deliver(ctx, w.result(e, f))
	return err
}

func (w *whoami) ask(ctx context.Context, e Env, f *found) (err error) {
	if w.Resource == "iot-central" {
		api := client.IoTCentral{Caller: e.Caller, Base: w.address.URL}
		f.manage, f.reply, err = api.Reach(ctx)
		return err
	}
	var who client.Identity
	who, f.reply, err = client.WhoAmI(ctx, e.Caller, w.address.URL)
	if err != nil {
		return err
	}
	f.name, f.kind = who.Name, who.Kind()
	if f.id == "" {
		f.id = who.ID
	}
	if f.tenant == "" {
		f.tenant = who.Tenant()
	}
	return nil
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int(math.Round(d.Seconds())))
}

// ahead says where this machine's clock is, or is empty if the clocks agree.
func ahead(skew time.Duration) string {
	if seconds(skew.Abs()) == "0" {
		return ""
	}
	if skew < 0 {
		return seconds(-skew) + " s behind the service's clock"
	}
	return seconds(skew) + " s ahead of the service's clock"
}

// maxSkew is the clock difference that is tolerated without a warning.
const maxSkew = time.Minute

// logFindings logs what needs attention and, unless the summary is right below, what it
// contains, for users who read only the log.
func (w *whoami) logFindings(e Env, f found) {
	if f.skew.Abs() > maxSkew {
		e.Log.Warnf("this machine's clock is %s: correct it, because a wrong clock changes lifetimes and how tokens are checked", ahead(f.skew))
	}
	if e.Shown {
		return
	}
	var facts []string
	for _, fact := range w.facts(e, f) {
		facts = append(facts, fact[0]+": "+fact[1])
	}
	e.Log.Infof("%s", strings.Join(facts, "; "))
	possible := map[string]string{yes: "can do", perhaps: "may be able to do", no: "cannot do"}
	for _, verdict := range []string{yes, perhaps, no} {
		var some []string
		for _, row := range w.abilities(f) {
			if row[1] == verdict {
				some = append(some, strings.TrimSuffix(row[0]+" ("+row[2]+")", " ()"))
			}
		}
		if len(some) > 0 {
			e.Log.Infof("%s: %s", possible[verdict], strings.Join(some, ", "))
		}
	}
	for _, note := range w.route(e, f) {
		e.Log.Infof("%s", note)
	}
}

// route says what is unusual about the connection to the service.
func (w *whoami) route(e Env, f found) (notes []string) {
	if proxy := e.Proxy(w.address.URL); proxy != "" {
		notes = append(notes, "requests to the service go through the proxy "+proxy)
	}
	if issuer := f.reply.Issuer; issuer != "" && !isUsualIssuer(issuer) {
		notes = append(notes, "the service's certificate is issued by "+issuer+", which is not an authority that Microsoft uses: a proxy may be inspecting the traffic, or you run the service yourself")
	}
	return notes
}

// isUsualIssuer knows the issuers of certificates for Microsoft's hosts
// (learn.microsoft.com, "Azure Certificate Authority details").
func isUsualIssuer(issuer string) bool {
	for _, usual := range []string{"Microsoft", "DigiCert", "Entrust"} {
		if strings.HasPrefix(issuer, usual) {
			return true
		}
	}
	return false
}

func (w *whoami) result(e Env, f found) Result {
	validTo := ""
	if !f.about.Expires.IsZero() {
		validTo = instant(f.about.Expires.Truncate(time.Second))
	}
	return Result{
		Done: w.sentence(f),
		Outputs: []host.Output{
			{Name: "name", Value: f.name},
			{Name: "id", Value: f.id},
			{Name: "kind", Value: f.kind},
			{Name: "credential-kind", Value: f.about.Kind.Name()},
			{Name: "tenant-id", Value: f.tenant},
			{Name: "scopes", Value: strings.Join(f.about.Scopes, " ")},
			{Name: "valid-to", Value: validTo},
			{Name: "clock-skew", Value: seconds(f.skew)},
		},
		Summary: w.summary(e, f),
	}
}

// sentence is the line that answers the question.
func (w *whoami) sentence(f found) string {
	who := f.name
	if who == "" {
		who = "someone whose name the service did not return"
	}
	return fmt.Sprintf("you are %s (%s), with %s", who, strings.ReplaceAll(f.kind, "-", " "), f.about.Kind)
}

func (w *whoami) summary(e Env, f found) host.Summary {
	s := host.Summary{
		Title: "Who am I",
		Head:  []string{"Operation", "Possible", "Note"},
		Lead:  []string{w.sentence(f) + "; signed in by " + f.about.Way},
		Notes: w.route(e, f),
	}
	s.Facts, s.Rows = w.facts(e, f), w.abilities(f)
	return s
}

// facts lists what else is known.
func (w *whoami) facts(e Env, f found) (known [][2]string) {
	for _, fact := range [][2]string{
		{"id", f.id}, {"tenant", f.tenant}, {"scopes", strings.Join(f.about.Scopes, " ")}, {"expires", expiry(f.about.Expires, e.Now())},
		{"clock", ahead(f.skew)},
	} {
		if fact[1] != "" {
			known = append(known, fact)
		}
	}
	return known
}

// Whether an operation is possible, as far as can be known without trying.
const yes, perhaps, no = "yes", "perhaps", "no"

// abilities says for each operation whether the credential can perform it, and why.
func (w *whoami) abilities(f found) (rows [][]string) {
	for _, op := range All() {
		if op.Name != "whoami" {
			possible, why := w.can(op, f)
			rows = append(rows, []string{op.Name, possible, why})
		}
	}
	return rows
}

func expiry(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return text.Moment(t, now)
}

// demands lists what the operations require of the credential besides its kind: the
// scope of the token, and the permission of the identity.
func demands() map[string]struct{ scope, right string } {
	const allowed = "if the policies of the organization allow it"
	return map[string]struct{ scope, right string }{
		"mint-pat":           {"vso.pats_manage", allowed},
		"revoke-pat":         {"vso.pats_manage", ""},
		"prune-pats":         {"vso.pats_manage", ""},
		"ensure-team":        {"vso.project_manage", "to create a team, as a project administrator"},
		"check-permissions":  {"vso.build", "as a reader of the project"},
		"ensure-permissions": {"vso.pipelineresources_manage", "as an administrator of the resource"},
	}
}

// can says whether the operation is possible, as far as can be known without trying.
func (w *whoami) can(op Operation, f found) (possible, why string) {
	demand := demands()[op.Name]
	var scopes []string
	if demand.scope != "" {
		scopes = []string{demand.scope}
	}
	need := op.New().Need()
	if ok, why := f.about.Serves(need, scopes...); !ok {
		return no, why
	}
	switch {
	case need.TokenOnly:
		return yes, "for resources that accept the identity"
	case need.Service != w.Need().Service && (f.about.Fetched() || f.about.IsFor(need)):
		return perhaps, "run whoami with resource: " + string(need.Service)
	case need.Service != w.Need().Service:
		return no, "the credential is only for " + w.Need().Service.String()
	case need.Service == auth.IoTCentral && !f.manage:
		return no, "its role cannot manage API tokens"
	case f.about.Kind == auth.PAT && demand.scope != "":
		return perhaps, "if the PAT has the scope " + demand.scope
	}
	return yes, demand.right
}
