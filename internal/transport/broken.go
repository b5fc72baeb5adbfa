package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// unreached is the failure of a request that got no answer.
func (t *Transport) unreached(ctx context.Context, what string, err error, sent bool, secret forms) *failure {
	if ended(ctx) != nil {
		return &failure{fault: stopped(ctx, what, sent)}
	}
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return &failure{fault: known}
	}
	if refused, ok := errors.AsType[*proxyRefused](err); ok {
		return t.refusedByProxy(what, refused)
	}
	f := &failure{fault: fault.New(fault.Network, "%s: %w", what, quietly(err, secret)), again: anyway}
	if sent {
		f.fault.MaybeDone, f.again = true, repeatable
	}
	if viaProxy(err) {
		f.fault.Hints = []string{t.unreachedProxy()}
	}
	if unreadable(err) {
		f.fault.Code, f.again = fault.BadResponse, never
		f.fault.Err = fmt.Errorf("%s: the answer's headers are larger than azstep reads", what)
	}
	if hint, ok := t.tlsHint(err); ok {
		f.fault.Code, f.again = fault.TLS, never
		f.fault.Err = fmt.Errorf("%w%s", f.fault.Err, issued(err))
		f.fault.Hints = append([]string{hint}, t.ignored()...)
	}
	return f
}

// ended is what ended the context. A deadline that has just passed counts,
// though the context may be told a moment after the connection was.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// stopped is the fault of a request that the context put an end to.
func stopped(ctx context.Context, what string, sent bool) *fault.Error {
	f := endedBy(ctx, fault.New(fault.Timeout, "%s: %w", what, ended(ctx)))
	f.MaybeDone = sent
	return f
}

// endedBy gives a fault the code that the end of the context stands for. Whoever
// ended it says so by its cause: a context may be cancelled because another one's
// time was up.
func endedBy(ctx context.Context, f *fault.Error) *fault.Error {
	if why, ok := errors.AsType[*fault.Error](ended(ctx)); ok {
		f.Code, f.Exit = why.Code, why.Exit
	} else if errors.Is(ctx.Err(), context.Canceled) {
		f.Code = fault.Cancelled
	}
	return f
}

// quiet is an error whose text was made safe.
type quiet struct {
	text string
	err  error
}

func (q quiet) Error() string { return q.text }
func (q quiet) Unwrap() error { return q.err }

// quietly keeps a server's words out of an error: net/http quotes what came in
// the place of HTTP ("malformed HTTP response", "malformed MIME header").
func quietly(err error, secret forms) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME"):
		return errors.New("what answers there does not speak HTTP as it should")
	case secret.in(text):
		return errors.New(secret.clean(text))
	}
	return quiet{secret.clean(text), err}
}

// unreadable reports whether the answer's headers were too large. net/http has no
// type for it.
func unreadable(err error) bool {
	return strings.Contains(err.Error(), "server response headers exceeded")
}

// tlsHint tells a connection that cannot be made safe from one that breaks,
// and says the way out.
func (t *Transport) tlsHint(err error) (string, bool) {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the certificate has expired or is not valid yet: check the clock of the runner; if it is right, the server needs a new certificate", true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for another host: check the name in the URL, and whether a proxy answers in the server's place", true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return t.authorityHint(), true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "the server does not speak TLS on this port: check the port in the URL", true
	}
	return "the server and azstep found no common way to secure the connection (TLS 1.2 or newer, a certificate for the host)", isTLS(err)
}

// authorityHint is for a certificate whose issuer nobody trusts.
func (t *Transport) authorityHint() string {
	const hint = "the certificate's issuer is not trusted: if a proxy replaces certificates or the server has its own authority, give that root certificate as the input ca-file"
	switch n := t.roots.Given(); n {
	case 0:
		return hint
	case 1:
		return hint + "; the one certificate that ca-file has now is not this issuer's"
	default:
		return fmt.Sprintf("%s; none of the %d certificates that ca-file has now is this issuer's", hint, n)
	}
}

// issued names the issuer of the certificate that came, for an error.
func issued(err error) string {
	refused, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(refused.UnverifiedCertificates) == 0 {
		return ""
	}
	chain := refused.UnverifiedCertificates
	text := fmt.Sprintf("; the certificate that came was issued by %q", forms{}.clean(chain[0].Issuer.String()))
	if last := chain[len(chain)-1]; len(chain) > 1 && last.Issuer.String() != chain[0].Issuer.String() {
		text += fmt.Sprintf(", under %q", forms{}.clean(last.Issuer.String()))
	}
	return text
}

// ignored says which variables name roots, and do not count here.
func (t *Transport) ignored() []string {
	if len(t.untrusted) == 0 {
		return nil
	}
	return []string{strings.Join(t.untrusted, " and ") + " of the environment does not count here, because an earlier step of the job can set it: give root certificates as the input ca-file"}
}

func isTLS(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	// crypto/tls has no type for most of what ends a handshake.
	return verification || invalid || alert || strings.Contains(err.Error(), "tls: ")
}

// Ended is the fault of work that its context put an end to: timeout, cancelled, or
// what the context's cause says.
func Ended(ctx context.Context) *fault.Error {
	return endedBy(ctx, fault.New(fault.Timeout, "%w", ended(ctx)))
}
