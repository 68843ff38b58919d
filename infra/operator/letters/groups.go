package letters

import (
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/deadletter"
)

// printGroups prints the groups of dead letters by reason, each with what to type once its reason is gone.
func printGroups(p *output.Printer, line command.Line, letters []deadletter.Summary) {
	for _, g := range reasons.Groups(letters) {
		oldest := g.Letters[0]
		p.Printf("\n%s: %s, the oldest %v old\n", g.Queue, output.Count(len(g.Letters), "dead letter"),
			p.Cell(time.Duration(oldest.Age)))
		p.Printf("  %s\n  for example %s\n  → %v\n", output.Escape(oldest.Error), output.Escape(oldest.Subject()),
			g.Command(line))
	}
}
