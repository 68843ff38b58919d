package function

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"strings"
	"testing"
)

// TestLibraryLog: what aws-lambda-go logs of a failed invocation is at most one more line, and is JSON.
func TestLibraryLog(t *testing.T) {
	for name, test := range map[string]struct {
		line   string
		logged bool
	}{
		"an error that the handler has logged": {`{"errorMessage":"no table","errorType":"other"}`, false},
		"an invalid message":                   {`{"errorMessage":"id is missing","errorType":"invalid"}`, false},
		"an event without records":             {`{"errorMessage":"no SNS records","errorType":"not_an_event"}`, true},
		"an event that is not JSON":            {`{"errorMessage":"unexpected end","errorType":"SyntaxError"}`, true},
		"a panic":                              {`{"errorMessage":"nil","errorType":"x","stackTrace":[{"line":1}]}`, true},
		"a warning":                            {"WARNING! Failed to register internal extension!", true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log.New(libraryLog{slog.New(slog.NewJSONHandler(&out, nil))}, "", 0).Printf("%s", test.line)
			if !test.logged {
				if out.Len() > 0 {
					t.Errorf("got %s", out.String())
				}
				return
			}
			var line struct{ Level, Msg, Error string }
			if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
				t.Fatalf("got %s, %v", out.String(), err)
			}
			if line.Level != "ERROR" || line.Error != test.line {
				t.Errorf("got %s", out.String())
			}
		})
	}
}
