package reasons

import (
	"cmp"
	"regexp"
	"slices"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// Group has the dead letters of a queue that failed for the same reason, the oldest first.
type Group struct {
	Queue   names.Queue
	Reason  string
	Letters []deadletter.Summary

	alone bool // whether its queue has no other group
}

// Groups returns the groups of dead letters, the largest first.
func Groups(letters []deadletter.Summary) (groups []Group) {
	queues := map[names.Queue]int{}
	for _, l := range OldestFirst(letters) {
		reason := Of(l.Error)
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Queue == l.Queue && g.Reason == reason })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Queue: l.Queue, Reason: reason})
			queues[l.Queue]++
		}
		groups[i].Letters = append(groups[i].Letters, l)
	}
	for i, g := range groups {
		groups[i].alone = queues[g.Queue] == 1
	}
	slices.SortStableFunc(groups, func(x, y Group) int { return cmp.Compare(len(y.Letters), len(x.Letters)) })
	return groups
}

// OldestFirst returns the dead letters in order.
func OldestFirst(letters []deadletter.Summary) []deadletter.Summary {
	return slices.SortedStableFunc(slices.Values(letters), func(x, y deadletter.Summary) int {
		return cmp.Compare(y.Age, x.Age)
	})
}

// neverSucceeds matches the reason of a dead letter that can only be saved and deleted.
var neverSucceeds = regexp.MustCompile(`^invalid (announcement|request): `)

// Command is what to type once the reason is gone: it redrives the group, or saves and deletes what never succeeds.
func (g Group) Command(line command.Line) command.Line {
	var errors []string
	for _, l := range g.Letters {
		errors = append(errors, l.Error)
	}
	args := []string{"redrive", "--queue", string(g.Queue)}
	if common := Common(g.Reason, errors); !g.alone && common != "" {
		args = append(args, "--error-contains", common)
	}
	if neverSucceeds.MatchString(g.Reason) {
		args = append(args, "--save", string(g.Queue)+".jsonl", "--delete")
	}
	return line.For(args...)
}
