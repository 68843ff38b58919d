package reasons

import (
	"slices"
	"testing"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/deadletter"
)

func TestOf(t *testing.T) {
	for name, test := range map[string]struct{ want, one, other string }{
		"OKKeys": {"copy … NoSuchKey: The specified key does not exist.",
			"copy s3://out/a/a-0f3c-1.png: NoSuchKey: The specified key does not exist.",
			"copy s3://out/b: NoSuchKey: The specified key does not exist."},
		"OKMemory": {"CUDA out of memory. Tried to allocate … MiB (GPU …)",
			"CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0)", "CUDA out of memory. Tried to allocate 9 MiB\n(GPU 1)"},
		"OKRequestIDs": {"StatusCode: 403, RequestID: …, HostID: …: AccessDenied",
			"StatusCode: 403, RequestID: 4442587FB7D0A2F9, HostID: vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZLj5NeC6==: AccessDenied",
			"StatusCode: 403, RequestID: 9042587FB7D0A2F9, HostID: a0=+/aaaaaa: AccessDenied"},
		"OKQuotes": {`result is …: it must be true or false`,
			`result is "yes": it must be true or false`, `result is "\"no\"": it must be true or false`},
		"OKAddresses": {"connection refused by … after … tries",
			"connection refused by 127.0.0.1:8080 after 243 tries", "connection refused by 10.0.0.7:80 after 9 tries"},
		"OKNothing":     {"", "", " "},
		"OKManyNumbers": {"no … here", "no 12, 13, 14 here", "no 1 here"},
	} {
		t.Run(name, func(t *testing.T) {
			if one, other := Of(test.one), Of(test.other); one != test.want || other != test.want {
				t.Errorf("got %q and %q, want %q", one, other, test.want)
			}
		})
	}
	if Of("StatusCode: 403") == Of("StatusCode: 404") {
		t.Error("two statuses are one reason")
	}
}

func TestCommon(t *testing.T) {
	errors := []string{"copy s3://a/1: NoSuchKey: gone", "copy s3://b/2: NoSuchKey: gone"}
	for name, test := range map[string]struct {
		reason, want string
		errors       []string
	}{
		"OK":              {Of(errors[0]), "NoSuchKey: gone", errors},
		"OKNotInAll":      {Of(errors[0]), "copy", append(errors, "copy it")},
		"OKSaysNothing":   {"… is …", "", []string{"1 is 2"}},
		"OKBrokenByALine": {"a b", "", []string{"a\nb"}},
		"OKNotPrintable":  {"is {\u009b31m not \xff\u202ered", "31m not", []string{"is {\u009b31m not \xff\u202ered"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := Group{Reason: test.reason}
			for _, err := range test.errors {
				g.Letters = append(g.Letters, deadletter.Summary{Error: err})
			}
			if got := g.common(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestCommand: only what may succeed is redriven.
func TestCommand(t *testing.T) {
	for err, want := range map[string]string{
		"invalid announcement: id is missing":  "sdtasks redrive --queue record --save record.jsonl --delete",
		"invalid request: metadata is missing": "sdtasks redrive --queue record --save record.jsonl --delete",
		"access denied":                        "sdtasks redrive --queue record",
	} {
		groups := Groups([]deadletter.Summary{{Queue: "record", Error: err}})
		if got := groups[0].Command(command.Line{}).String(); got != want {
			t.Errorf("%s: %s", err, got)
		}
	}
}

// TestCommandOfSeveral: a group that is not alone in its queue is chosen by its error.
func TestCommandOfSeveral(t *testing.T) {
	groups := Groups([]deadletter.Summary{{Queue: "record", Error: "access denied"}, {Queue: "record", Error: "timed out"},
		{Queue: "record", Error: "access denied"}, {Queue: "deliver", Error: "timed out"}})
	var got []string
	for _, g := range groups {
		got = append(got, g.Command(command.Line{}).String())
	}
	want := []string{"sdtasks redrive --queue record --error-contains 'access denied'",
		"sdtasks redrive --queue record --error-contains 'timed out'", "sdtasks redrive --queue deliver"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
