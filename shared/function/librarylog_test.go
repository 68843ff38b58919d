package function

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"strings"
	"testing"
)

// TestLibraryLog: for a failed invocation, aws-lambda-go logs at most one line, in JSON.
func TestLibraryLog(t *testing.T) {
	for name, test := range map[string]struct {
		line   string
		logged bool
	}{
		"ErrorThatTheHandlerHasLogged": {`{"errorMessage":"no table","errorType":"other"}`, false},
		"InvalidMessage":               {`{"errorMessage":"id is missing","errorType":"invalid"}`, false},
		"EventWithoutRecords":          {`{"errorMessage":"no SNS records","errorType":"not_an_event"}`, true},
		"EventThatIsNotJSON":           {`{"errorMessage":"unexpected end","errorType":"SyntaxError"}`, true},
		"Panic":                        {`{"errorMessage":"nil","errorType":"x","stackTrace":[{"line":1}]}`, true},
		"Warning":                      {"WARNING! Failed to register internal extension!", true},
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
