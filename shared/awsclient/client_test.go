package awsclient

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestNoQuota: the thousandth failure is retried like the first.
func TestNoQuota(t *testing.T) {
	_, clients := newClients(t)
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			options := reflect.ValueOf(client).MethodByName("Options").Call(nil)[0]
			retryer := options.FieldByName("Retryer").Interface().(aws.Retryer)
			if got := retryer.MaxAttempts(); got != attempts {
				t.Errorf("it makes %d attempts, want %d", got, attempts)
			}
			for n := range 1000 {
				if _, err := retryer.GetRetryToken(t.Context(), errors.New("failed")); err != nil {
					t.Fatalf("retry %d: %v", n+1, err)
				}
			}
		})
	}
}
