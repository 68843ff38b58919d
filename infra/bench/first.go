package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sdtasktracker/shared/function"
)

// gbSecond is the price in dollars of a GB-second of Lambda on arm64, in us-east-1 ("AWS
// Lambda Pricing").
const gbSecond = 0.0000133334

// nobody is an endpoint where nothing listens.
const nobody = "AWS_ENDPOINT_URL=http://127.0.0.1:1"

// contender is a function to measure.
type contender struct {
	name    string
	command []string
}

// peers do record's work with other SDKs.
var peers = []contender{
	{"record in Python, with boto3", []string{"python3", "infra/bench/peers/record.py"}},
	{"record in Node, with SDK v3", []string{"node", "infra/bench/peers/record.mjs"}},
}

// initialization compares sandboxes where nothing listens at the endpoint, and where one
// does: record and deliver connect to it, which the peers leave to their first invocation.
func (b *bench) initialization() error {
	contenders := append([]contender{
		{"a bare handler", bare}, {"record", compiled("record")}, {"deliver", compiled("deliver")},
	}, peers...)
	e, err := newEndpoint(latency, b.dir)
	if err != nil {
		return err
	}
	defer e.close()
	alone, failures := started(contenders, append([]string{nobody}, settings...))
	connected, more := started(contenders, e.environment())
	for i, contender := range contenders {
		if err := errors.Join(failures[i], more[i]); err != nil {
			b.row(contender.name, "skipped: "+firstLine(err))
			continue
		}
		b.row(contender.name, ms(median(alone[i])), ratio(median(alone[i]), median(alone[0])),
			ms(median(connected[i])), ratio(median(connected[i]), median(connected[0])))
	}
	return nil
}

// started starts sandboxes in turns, and returns how long each contender's took to
// initialize, or why it failed.
func started(contenders []contender, environment []string) ([][]time.Duration, []error) {
	const rounds = 15
	times := make([][]time.Duration, len(contenders))
	failures := make([]error, len(contenders))
	for range rounds {
		for i, contender := range contenders {
			if failures[i] != nil {
				continue
			}
			s, err := newSandbox(environment, contender.command...)
			if err != nil {
				failures[i] = err
				continue
			}
			times[i] = append(times[i], s.Init)
			s.close()
		}
	}
	return times, failures
}

func firstLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return lines[0] + " … " + lines[len(lines)-1]
}

// firstCalls compares first and later invocations at memory sizes.
func (b *bench) firstCalls() error {
	const rounds, images = 5, 4
	for _, contender := range append([]contender{
		{"record", compiled("record")}, {"deliver, 4 images", compiled("deliver")},
	}, peers...) {
		for _, memory := range []int{128, 256, 512, 1024, function.WholeCPU} {
			var first, later []call
			for range rounds {
				calls, err := b.calls(contender.command, memory, event(images), 6)
				if err != nil {
					b.row(contender.name, fmt.Sprint(memory), "skipped: "+firstLine(err))
					break
				}
				first, later = append(first, calls[0]), append(later, calls[1:]...)
			}
			if len(first) < rounds {
				break
			}
			f, l := medianCall(first), medianCall(later)
			dollars := l.took.Seconds() * float64(memory) / 1024 * gbSecond * 1e6
			b.row(contender.name, fmt.Sprint(memory), ms(f.took), fmt.Sprint(f.trips), ms(l.took), fmt.Sprint(l.trips),
				ratio(f.took, l.took), fmt.Sprintf("$%.2f", dollars))
		}
	}
	return nil
}

// call is what one invocation took.
type call struct {
	took  time.Duration
	trips int64
}

func medianCall(calls []call) (m call) {
	var took []time.Duration
	for _, c := range calls {
		took = append(took, c.took)
		m.trips = max(m.trips, c.trips)
	}
	m.took = median(took)
	return m
}

// calls invokes a new sandbox several times, with the CPU of a memory size.
func (b *bench) calls(command []string, memory int, event []byte, times int) (calls []call, err error) {
	e, err := newEndpoint(latency, b.dir)
	if err != nil {
		return nil, err
	}
	defer e.close()
	q, err := newQuota(memory)
	if err != nil {
		return nil, err
	}
	defer q.close()
	s, err := newSandbox(append(e.environment(), fmt.Sprint("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", memory)), command...)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := q.limit(s.command.Process.Pid); err != nil {
		return nil, err
	}
	for range times {
		trips := e.Trips.Load()
		took, err := s.invoke(event)
		if err != nil {
			return nil, err
		}
		calls = append(calls, call{took, e.Trips.Load() - trips})
	}
	return calls, nil
}
