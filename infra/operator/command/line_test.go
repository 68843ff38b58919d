package command

import "testing"

func TestLine(t *testing.T) {
	line := func(args ...string) Line { return Line{Args: args} }
	here := Line{"./sdtasks", []string{"list", "--region=eu-west-1", "--stack-name", "my stack", "--limit", "3"}}
	help := "Examples:\n    sdtasks redrive --error-contains \"is not JSON\"\n    sdtasks list\n"
	if got := (Line{Program: "make tasks"}).Examples(help); got !=
		"Examples:\n    make tasks ARGS='redrive --error-contains \"is not JSON\"'\n    make tasks ARGS='list'\n" {
		t.Errorf("got %s", got)
	}
	for name, test := range map[string]struct {
		got  Line
		want string
	}{
		"OKPlain":          {line("get", "a b", "--links"), "sdtasks get 'a b' --links"},
		"OKQuote":          {line("get", "it's"), `sdtasks get 'it'\''s'`},
		"OKEmpty":          {line("get", ""), "sdtasks get ''"},
		"OKAdded":          {line("redrive").With("--max", "3"), "sdtasks redrive --max 3"},
		"OKReplaced":       {line("redrive", "--max", "9", "-h").With("--max", "3"), "sdtasks redrive -h --max 3"},
		"OKReplacedEquals": {line("redrive", "--max=9").With("--max", "3"), "sdtasks redrive --max 3"},
		"OKNoValue": {line("reconcile", "--repair", "--rate", "3").With("--repair"),
			"sdtasks reconcile --rate 3 --repair"},
		"OKNotAnother": {line("redrive", "--maximum=9").With("--max", "3"), "sdtasks redrive --maximum=9 --max 3"},
		"OKSameStack":  {here.For("doctor"), "./sdtasks doctor --region=eu-west-1 --stack-name 'my stack'"},
		"OKMake": {Line{"make tasks", []string{"get", "it's $5"}},
			`make tasks ARGS='get '\''it'\''\'\'''\''s $$5'\'''`},
		"OKMakePlain": {Line{"make tasks", []string{"list"}}, "make tasks ARGS='list'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.got.String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestProgram: a command that make started is started again by make.
func TestProgram(t *testing.T) {
	for name, test := range map[string]struct{ arg0, level, want string }{
		"OKMake":        {"build/bin/sdtasks", "1", "make tasks"},
		"OKShell":       {"build/bin/sdtasks", "", "build/bin/sdtasks"},
		"OKOtherByMake": {"/usr/bin/sdtasks", "1", "/usr/bin/sdtasks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MAKELEVEL", test.level)
			if got := Program(test.arg0); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
