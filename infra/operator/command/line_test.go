package command

import "testing"

func TestLine(t *testing.T) {
	for name, test := range map[string]struct{ got, want string }{
		"plain":       {Line{"get", "a b", "--links"}.String(), "sdtasks get 'a b' --links"},
		"a quote":     {Line{"get", "it's"}.String(), `sdtasks get 'it'\''s'`},
		"empty":       {Line{"get", ""}.String(), "sdtasks get ''"},
		"added":       {Line{"redrive"}.With("--max", "3").String(), "sdtasks redrive --max 3"},
		"replaced":    {Line{"redrive", "--max", "9", "-h"}.With("--max", "3").String(), "sdtasks redrive -h --max 3"},
		"replaced =":  {Line{"redrive", "--max=9"}.With("--max", "3").String(), "sdtasks redrive --max 3"},
		"not another": {Line{"redrive", "--maximum=9"}.With("--max", "3").String(), "sdtasks redrive --maximum=9 --max 3"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("got %s, want %s", test.got, test.want)
			}
		})
	}
}
