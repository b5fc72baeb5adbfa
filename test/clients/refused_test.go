package clients

import (
	"errors"
	"testing"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

func ref[T any](value T) *T { return &value }

// refused checks that the Go client has understood a refusal. It returns its error
// type sometimes by value and sometimes by pointer.
func refused(t *testing.T, err error, status int, typeKey string) azuredevops.WrappedError {
	t.Helper()
	var byAddress *azuredevops.WrappedError
	var wrapped azuredevops.WrappedError
	if errors.As(err, &byAddress) {
		wrapped = *byAddress
	} else if !errors.As(err, &wrapped) {
		t.Fatalf("error %v, want status %d and %s", err, status, typeKey)
	}
	key := ""
	if wrapped.TypeKey != nil {
		key = *wrapped.TypeKey
	}
	if wrapped.StatusCode == nil || *wrapped.StatusCode != status || key != typeKey {
		t.Errorf("status %v, %q, %v; want %d, %q", wrapped.StatusCode, key, err, status, typeKey)
	}
	return wrapped
}
