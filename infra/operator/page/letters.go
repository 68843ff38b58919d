package page

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// queueCount is how many dead letters a queue has, about.
type queueCount struct {
	Queue names.Queue `json:"queue"`
	// Waiting is nil if it is not known.
	Waiting *int `json:"waiting"`
	// Listed is how many of them were listed.
	Listed int `json:"listed"`
}

// letters are the dead letters that were listed: a sample of those that wait.
type letters struct {
	Queues []queueCount  `json:"queues"`
	Groups []letterGroup `json:"groups"`
	// Problems say why letters could not be counted or listed.
	Problems []string `json:"problems"`
}

// missing says what is not known of the dead letters.
func (l letters) missing() []string {
	if len(l.Problems) > 0 {
		return l.Problems
	}
	var missing []string
	for _, q := range l.Queues {
		if *q.Waiting > q.Listed {
			missing = append(missing, fmt.Sprintf("Of about %s in the queue %s, %d are listed here.",
				output.Count(*q.Waiting, "dead letter"), q.Queue, q.Listed))
		}
	}
	return missing
}

// counted says how many dead letters wait.
func (l letters) counted() string {
	waiting := 0
	for _, q := range l.Queues {
		if q.Waiting == nil {
			return "an unknown number of dead letters"
		}
		waiting += *q.Waiting
	}
	return output.Count(waiting, "dead letter")
}

// letterGroup are dead letters of one queue and reason.
type letterGroup struct {
	Queue  names.Queue `json:"queue"`
	Reason string      `json:"reason"` // "" if SNS could not deliver the message, and does not say why
	Count  int         `json:"count"`
	Oldest int64       `json:"oldest_ms"` // the oldest one's age
	// Command redrives them.
	Command string   `json:"command"`
	Letters []letter `json:"letters"`
}

// letter is one dead letter.
type letter struct {
	ID      string `json:"id,omitempty"` // the task's
	Subject string `json:"subject"`
	Error   string `json:"error"`
	Age     int64  `json:"age_ms"`
}

// maxShown is how many letters of a group the page shows.
const maxShown = 20

// count counts every queue's dead letters, and says why it could not.
func (s *source) count(ctx context.Context) (counts []queueCount, problems []string) {
	client := sqs.NewFromConfig(s.stack.Config)
	counts, problems = []queueCount{}, []string{} // which JSON does not write as null
	for _, queue := range slices.SortedFunc(maps.Keys(s.stack.Queues), names.CompareQueues) {
		count := queueCount{Queue: queue}
		visible, hidden, err := deadletter.Count(ctx, client, s.stack.Queues[queue])
		if err != nil {
			problems = append(problems, s.explain(fmt.Errorf("count the dead letters of %s: %w", queue, err)).Error())
		} else {
			waiting := visible + hidden
			count.Waiting = &waiting
		}
		counts = append(counts, count)
	}
	return counts, problems
}

// letters lists dead letters of each queue, as a dry run of redrive does.
func (s *source) letters(ctx context.Context) letters {
	found := letters{Groups: []letterGroup{}}
	found.Queues, found.Problems = s.count(ctx)
	if s.stack.Functions["redrive"] == "" {
		found.Problems = append(found.Problems, "The stack has no output "+names.FunctionOutput("redrive")+
			", so its dead letters can't be listed.")
		return found
	}
	invoke := deployment.NewInvoker[deadletter.Request, deadletter.Answer](s.stack, "redrive", func(string, ...any) {})
	var all []deadletter.Summary
	for i, q := range found.Queues {
		answer, err := invoke(ctx, deadletter.Request{Queue: q.Queue, DryRun: true})
		if err != nil {
			found.Problems = append(found.Problems,
				s.explain(fmt.Errorf("list the dead letters of %s: %w", q.Queue, err)).Error())
		}
		found.Queues[i].Listed = len(answer.Letters)
		all = append(all, answer.Letters...)
	}
	for _, g := range reasons.Groups(all) {
		found.Groups = append(found.Groups, s.group(g))
	}
	return found
}

// group is a group of dead letters. The page shows its oldest ones.
func (s *source) group(g reasons.Group) letterGroup {
	shown := letterGroup{Queue: g.Queue, Reason: output.Escape(g.Reason), Count: len(g.Letters),
		Oldest: time.Duration(g.Letters[0].Age).Milliseconds(), Command: output.Escape(g.Command(s.stack.Line).String())}
	for _, l := range g.Letters[:min(maxShown, len(g.Letters))] {
		shown.Letters = append(shown.Letters, letter{l.TaskID, output.Escape(l.Subject()), output.Escape(l.Error),
			time.Duration(l.Age).Milliseconds()})
	}
	return shown
}
