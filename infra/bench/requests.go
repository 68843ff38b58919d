package main

import "fmt"

// requests compares what a message costs in requests with what can't be avoided: a
// write by each function that has news, a copy of each image, and reading why a task
// failed.
func (b *bench) requests() error {
	for _, message := range []struct {
		title string
		event []byte
		least int64
	}{
		{"running", snsEvent(map[string]any{"id": "task", "status": "running"}), 1},
		{"completed, no image", event(0), 2},
		{"completed, 1 image", event(1), 3},
		{"completed, 4 images", event(4), 6},
		{"completed, 1000 images", event(1000), 1002},
		{"failed", snsEvent(map[string]any{"id": "task", "status": "failed", "result": false,
			"output_url": "s3://from/output/task/task-3f9a.out"}), 2},
	} {
		record, err := b.requestsOf("record", message.event)
		if err != nil {
			return err
		}
		deliver, err := b.requestsOf("deliver", message.event)
		if err != nil {
			return err
		}
		b.row(message.title, fmt.Sprint(record), fmt.Sprint(deliver), fmt.Sprint(message.least),
			fmt.Sprintf("%.2f×", float64(record+deliver)/float64(message.least)))
	}
	return nil
}

// requestsOf is how many requests a function sends for an event.
func (b *bench) requestsOf(name string, event []byte) (int64, error) {
	e, err := newEndpoint(0, b.dir)
	if err != nil {
		return 0, err
	}
	defer e.close()
	s, err := newSandbox(e.environment(), compiled(name)...)
	if err != nil {
		return 0, err
	}
	defer s.close()
	before := e.Requests.Load()
	if _, err := s.invoke(event); err != nil {
		return 0, err
	}
	return e.Requests.Load() - before, nil
}
