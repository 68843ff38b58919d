package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
)

// isolate shields a test from this machine's AWS settings.
func isolate(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "", "AWS_RETRY_MODE": ""} {
		t.Setenv(name, value)
	}
}

// answer is the response to an event of a function started with variables.
func answer(t *testing.T, variables []string, handle Handler[json.RawMessage, string], event string) ([]byte, error) {
	t.Helper()
	isolate(t)
	setUp := func(environment.Metrics, aws.Config, *slog.Logger) Handler[json.RawMessage, string] { return handle }
	handler, err := start(variables, setUp, slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil)))
	if err != nil {
		return nil, err
	}
	return lambda.NewHandler(handler).Invoke(t.Context(), []byte(event))
}

func TestStart(t *testing.T) {
	valid := []string{"METRIC_NAMESPACE=n"}
	t.Run("OK", func(t *testing.T) {
		echo := func(_ context.Context, event json.RawMessage) (string, error) { return string(event), nil }
		if got, err := answer(t, valid, echo, `{"a":1}`); err != nil || string(got) != `"{\"a\":1}"` {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("ErrEnvironment", func(t *testing.T) {
		if _, err := answer(t, nil, nil, `{}`); err == nil || !strings.Contains(err.Error(), "METRIC_NAMESPACE is missing") {
			t.Errorf("error is %v", err)
		}
	})
	for name, kind := range map[string]failure.Kind{"ErrInvalid": failure.Invalid, "ErrOther": failure.Other} {
		t.Run(name, func(t *testing.T) {
			fail := func(context.Context, json.RawMessage) (string, error) {
				return "", failure.Of(kind, errors.New("id is missing"))
			}
			_, err := answer(t, valid, fail, `{}`)
			// What aws-lambda-go sends to the Runtime API is this error's JSON.
			sent, marshalErr := json.Marshal(err)
			if marshalErr != nil || string(sent) != `{"errorMessage":"id is missing","errorType":"`+string(kind)+`"}` {
				t.Errorf("Lambda gets %s, %v", sent, marshalErr)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	handler := NoAnswer(func(context.Context, events.SNSEvent) error { return nil })
	if got, err := lambda.NewHandler(handler).Invoke(t.Context(), []byte(`{}`)); err != nil || string(got) != "null" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestConfig(t *testing.T) {
	isolate(t)
	cfg := Config(nil)
	if client := dynamodb.NewFromConfig(cfg); client.Options().Retryer.MaxAttempts() != 4 {
		t.Errorf("DynamoDB's client makes %d attempts", client.Options().Retryer.MaxAttempts())
	}
}

func TestWorkContext(t *testing.T) {
	for name, test := range map[string]struct{ left, reserve, want time.Duration }{
		"OKReserve":        {time.Minute, time.Second, 59 * time.Second},
		"OKQuarter":        {time.Minute, time.Hour, 45 * time.Second},
		"OKNoTime":         {0, time.Second, 0},
		"OKDeadlinePassed": {-time.Minute, time.Second, -time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), test.left)
			defer cancel()
			work, cancel := WorkContext(ctx, test.reserve)
			defer cancel()
			deadline, _ := work.Deadline()
			if left := time.Until(deadline); left > test.want || left < test.want-5*time.Second {
				t.Errorf("%v are left, want %v", left, test.want)
			}
		})
	}
	t.Run("OKNoDeadline", func(t *testing.T) {
		work, cancel := WorkContext(context.Background(), time.Second)
		if _, ok := work.Deadline(); ok || work.Err() != nil {
			t.Error("it has a deadline or has ended")
		}
		if cancel(); work.Err() == nil {
			t.Error("cancel does not end it")
		}
	})
}

func TestEachMessage(t *testing.T) {
	event := func(ids ...string) (e events.SNSEvent) {
		for _, id := range ids {
			e.Records = append(e.Records, events.SNSEventRecord{SNS: events.SNSEntity{MessageID: id}})
		}
		return e
	}
	fail := failure.Of(failure.Invalid, errors.New("bad"))
	for name, test := range map[string]struct {
		event   events.SNSEvent
		handled string
		kind    failure.Kind // "" for no error
	}{
		"OK":                     {event("a"), "a", ""},
		"OKEveryRecord":          {event("a", "b"), "ab", ""},
		"ErrDoesNotStopTheOther": {event("bad", "b"), "badb", failure.Invalid},
		"ErrNoRecords":           {event(), "", failure.NotAnEvent},
	} {
		t.Run(name, func(t *testing.T) {
			handled := ""
			err := EachMessage(test.event, func(message events.SNSEntity) error {
				handled += message.MessageID
				if message.MessageID == "bad" {
					return fail
				}
				return nil
			})
			if handled != test.handled || (err == nil) != (test.kind == "") || err != nil && failure.KindOf(err) != test.kind {
				t.Errorf("handled %q, error is %v", handled, err)
			}
		})
	}
}
