package lambdahost_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sdtasktracker/infra/local/localtest"
)

func TestInvokeAPI(t *testing.T) {
	h, letters := newHost(t, time.Minute)
	server := httptest.NewServer(h.API())
	defer server.Close()
	client := lambda.NewFromConfig(localtest.Config(server.URL))
	call := func(function, event string, kind types.InvocationType) (*lambda.InvokeOutput, error) {
		return client.Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: aws.String(function), InvocationType: kind, Payload: []byte(event),
		})
	}
	for name, event := range map[string]string{"OK": "{}", "OKWithoutPayload": ""} {
		t.Run(name, func(t *testing.T) {
			out, err := call("f", event, types.InvocationTypeRequestResponse)
			if err != nil || out.StatusCode != 200 || out.FunctionError != nil || len(out.Payload) == 0 {
				t.Errorf("got %+v, %v", out, err)
			}
		})
	}
	t.Run("OKReturnsFunctionError", func(t *testing.T) {
		out, err := call("f", `{"Do":"fail"}`, types.InvocationTypeRequestResponse)
		if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || !bytes.Contains(out.Payload, []byte("failed")) {
			t.Errorf("got %+v, %v", out, err)
		}
	})
	t.Run("OKRetriesAndBuriesEvent", func(t *testing.T) {
		out, err := call("f", `{"Do":"fail"}`, types.InvocationTypeEvent)
		if err != nil || out.StatusCode != 202 {
			t.Fatalf("got %+v, %v", out, err)
		}
		awaitLetter(t, letters)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := call("g", `{}`, types.InvocationTypeRequestResponse)
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		_, err := call("f", `{`, types.InvocationTypeRequestResponse)
		var invalid *types.InvalidRequestContentException
		if !errors.As(err, &invalid) {
			t.Errorf("error is %v", err)
		}
	})
	for kind, limit := range map[types.InvocationType]int{
		types.InvocationTypeRequestResponse: 6 << 20, types.InvocationTypeEvent: 1 << 20,
	} {
		t.Run("ErrTooLarge"+string(kind), func(t *testing.T) {
			if _, err := call("f", `{}`+strings.Repeat(" ", limit-2), kind); err != nil {
				t.Errorf("a payload of %d bytes: %v", limit, err)
			}
			_, err := call("f", `{}`+strings.Repeat(" ", limit-1), kind)
			if !errors.As(err, new(*types.RequestTooLargeException)) {
				t.Errorf("a byte more: %v", err)
			}
		})
	}
}
