package letters

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// group has the dead letters of a queue that failed for the same reason, the oldest first.
type group struct {
	queue   names.Queue
	reason  string
	letters []deadletter.Summary
}

// groupByReason returns the groups of dead letters, the largest first.
func groupByReason(letters []deadletter.Summary) (groups []group) {
	for _, l := range oldestFirst(letters) {
		reason := reasons.Of(l.Error)
		i := slices.IndexFunc(groups, func(g group) bool { return g.queue == l.Queue && g.reason == reason })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{queue: l.Queue, reason: reason})
		}
		groups[i].letters = append(groups[i].letters, l)
	}
	slices.SortStableFunc(groups, func(x, y group) int { return cmp.Compare(len(y.letters), len(x.letters)) })
	return groups
}

func oldestFirst(letters []deadletter.Summary) []deadletter.Summary {
	return slices.SortedStableFunc(slices.Values(letters), func(x, y deadletter.Summary) int {
		return cmp.Compare(y.Age, x.Age)
	})
}

// print prints the group, and what to type once its reason is gone. alone says that its queue has no other group.
func (g group) print(p *output.Printer, line command.Line, alone bool) {
	oldest := g.letters[0]
	p.Printf("\n%s: %s, the oldest %v old\n", g.queue, output.Count(len(g.letters), "dead letter"),
		p.Cell(time.Duration(oldest.Age)))
	p.Printf("  %s\n  for example %s\n", output.Escape(oldest.Error), output.Escape(oldest.Subject()))
	var errors []string
	for _, l := range g.letters {
		errors = append(errors, l.Error)
	}
	args := []string{"redrive", "--queue", string(g.queue)}
	if common := reasons.Common(g.reason, errors); !alone && common != "" {
		args = append(args, "--error-contains", common)
	}
	if strings.HasPrefix(g.reason, neverSucceeds) {
		args = append(args, "--save", string(g.queue)+".jsonl", "--delete")
	}
	p.Printf("  → %v\n", line.For(args...))
}

// neverSucceeds begins the reason of a dead letter that can only be saved and deleted.
const neverSucceeds = "invalid announcement: "

func printGroups(p *output.Printer, line command.Line, letters []deadletter.Summary) {
	groups := groupByReason(letters)
	queues := map[names.Queue]int{}
	for _, g := range groups {
		queues[g.queue]++
	}
	for _, g := range groups {
		g.print(p, line, queues[g.queue] == 1)
	}
}
