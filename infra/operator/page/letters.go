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

// queueCount is a queue's approximate number of dead letters.
type queueCount struct {
	Queue names.Queue `json:"queue"`
	// Waiting is the number of dead letters; nil if it is not known.
	Waiting *int `json:"waiting"`
	// Listed is how many dead letters were listed.
	Listed int `json:"listed"`
}

// letters are the listed dead letters, which may be only a sample of the waiting ones.
type letters struct {
	Queues []queueCount  `json:"queues"`
	Groups []letterGroup `json:"groups"`
	// Problems say why dead letters could not be counted or listed.
	Problems []string `json:"problems"`
}

// missing says which dead letters could not be counted or listed.
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

// counted says how many dead letters are waiting.
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

// letterGroup is the dead letters of a queue that failed for the same reason.
type letterGroup struct {
	Queue  names.Queue `json:"queue"`
	Reason string      `json:"reason"` // "" if SNS could not deliver the message: it doesn't say why
	Count  int         `json:"count"`
	Oldest int64       `json:"oldest_ms"` // the age of the oldest dead letter
	// Command is the command line that redrives the group.
	Command string   `json:"command"`
	Letters []letter `json:"letters"`
}

// letter is a dead letter.
type letter struct {
	ID      string `json:"id,omitempty"` // the task's
	Subject string `json:"subject"`
	Error   string `json:"error"`
	Age     int64  `json:"age_ms"`
}

// maxShown is how many dead letters of a group the page shows at most.
const maxShown = 20

// count counts every queue's dead letters. problems say why a queue could not be counted.
func (s *source) count(ctx context.Context) (counts []queueCount, problems []string) {
	client := sqs.NewFromConfig(s.stack.Config)
	counts, problems = []queueCount{}, []string{} // not nil, which is null in JSON
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

// group returns a group for the page, which shows its oldest dead letters.
func (s *source) group(g reasons.Group) letterGroup {
	shown := letterGroup{Queue: g.Queue, Reason: output.Escape(g.Reason), Count: len(g.Letters),
		Oldest: time.Duration(g.Letters[0].Age).Milliseconds(), Command: output.Escape(g.Command(s.stack.Line).String())}
	for _, l := range g.Letters[:min(maxShown, len(g.Letters))] {
		shown.Letters = append(shown.Letters, letter{l.TaskID, output.Escape(l.Subject()), output.Escape(l.Error),
			time.Duration(l.Age).Milliseconds()})
	}
	return shown
}
