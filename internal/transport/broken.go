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

// unreached returns the failure of a request without a response.
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
		f.fault.Err = fmt.Errorf("%s: the headers of the response are larger than azstep accepts", what)
	}
	if hint, ok := t.tlsHint(err); ok {
		f.fault.Code, f.again = fault.TLS, never
		f.fault.Err = fmt.Errorf("%w%s", f.fault.Err, issued(err))
		f.fault.Hints = append([]string{hint}, t.ignored()...)
	}
	return f
}

// ended returns the reason why the context ended. A deadline that has just passed
// counts too, because the context may learn of it a moment after the connection.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// stopped returns the error for a request that was stopped by its context.
func stopped(ctx context.Context, what string, sent bool) *fault.Error {
	f := endedBy(ctx, fault.New(fault.Timeout, "%s: %w", what, ended(ctx)))
	f.MaybeDone = sent
	return f
}

// endedBy sets the code that matches the end of the context. The cause of the
// context matters: it may have been cancelled because the deadline of another one
// passed.
func endedBy(ctx context.Context, f *fault.Error) *fault.Error {
	if why, ok := errors.AsType[*fault.Error](ended(ctx)); ok {
		f.Code, f.Exit = why.Code, why.Exit
	} else if errors.Is(ctx.Err(), context.Canceled) {
		f.Code = fault.Cancelled
	}
	return f
}

// quiet is an error whose text was cleaned.
type quiet struct {
	text string
	err  error
}

func (q quiet) Error() string { return q.text }
func (q quiet) Unwrap() error { return q.err }

// quietly removes a server's text from an error: net/http quotes what it received
// instead of HTTP ("malformed HTTP response", "malformed MIME header").
func quietly(err error, secret forms) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME"):
		return errors.New("the response is not valid HTTP")
	case secret.in(text):
		return errors.New(secret.clean(text))
	}
	return quiet{secret.clean(text), err}
}

// unreadable reports whether the response headers were too large. net/http has no
// type for this error.
func unreadable(err error) bool {
	return strings.Contains(err.Error(), "server response headers exceeded")
}

// tlsHint distinguishes a failed TLS handshake from a broken connection, and returns
// what to do.
func (t *Transport) tlsHint(err error) (string, bool) {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the certificate has expired or is not valid yet: check this machine's clock; if it is correct, the server needs a new certificate", true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for another host: check the name in the URL, and whether a proxy answers instead of the server", true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return t.authorityHint(), true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "the server does not speak TLS on this port: check the port in the URL", true
	}
	return "the server and azstep do not support a common TLS version or cipher, or the server has no certificate for the host; azstep requires TLS 1.2 or newer", isTLS(err)
}

// authorityHint returns what to do about a certificate from an untrusted issuer.
func (t *Transport) authorityHint() string {
	const hint = "the certificate's issuer is not trusted: if a proxy replaces certificates or the server uses a private certificate authority, pass its root certificate in the input ca-file"
	switch n := t.roots.Given(); n {
	case 0:
		return hint
	case 1:
		return hint + "; the certificate in ca-file does not belong to this issuer"
	default:
		return fmt.Sprintf("%s; none of the %d certificates in ca-file belongs to this issuer", hint, n)
	}
}

// issued names the issuer of the certificate that was received, for an error.
func issued(err error) string {
	refused, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(refused.UnverifiedCertificates) == 0 {
		return ""
	}
	chain := refused.UnverifiedCertificates
	text := fmt.Sprintf("; the server's certificate was issued by %q", forms{}.clean(chain[0].Issuer.String()))
	if last := chain[len(chain)-1]; len(chain) > 1 && last.Issuer.String() != chain[0].Issuer.String() {
		text += fmt.Sprintf(", under %q", forms{}.clean(last.Issuer.String()))
	}
	return text
}

// ignored lists the variables that name root certificates but are ignored here.
func (t *Transport) ignored() []string {
	if len(t.untrusted) == 0 {
		return nil
	}
	return []string{strings.Join(t.untrusted, " and ") + " in the environment is ignored here, because an earlier step of the job can set it: pass root certificates in the input ca-file"}
}

func isTLS(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	// crypto/tls has no error type for most handshake failures.
	return verification || invalid || alert || strings.Contains(err.Error(), "tls: ")
}

// Ended returns the error for work that was stopped by its context: timeout,
// cancelled, or the context's cause.
func Ended(ctx context.Context) *fault.Error {
	return endedBy(ctx, fault.New(fault.Timeout, "%w", ended(ctx)))
}
