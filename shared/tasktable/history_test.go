package tasktable_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/announcement"
)

// historyMessages are messages of one task in every format.
var historyMessages = []string{
	`{"id":"x","result":true,"image_url":["s3://b/1"]}`,
	`{"id":"x","result":true,"runtime":"v2","image_url":["s3://b/2","s3://b/3"]}`,
	`{"id":"x","result":true,"runtime":"v3","status":"completed","image_url":[]}`,
	`{"id":"x","result":true,"runtime":"v3","status":"completed","image_url":[],"output_url":"s3://b/x-1.out"}`,
	`{"id":"x","result":false,"runtime":"v3","status":"failed","image_url":[]}`,
	`{"id":"x","status":"running","runtime":"v3"}`,
	`{"id":"x","status":"running","runtime":"v4"}`,
	`{"metadata":{"id":"x","runtime":"v3","tasktype":"text-to-image","prefix":"output"},"content":{}}`,
	`{"metadata":{"id":"x"},"content":{}}`,
	`{"metadata":{"id":"x"}}`,
}

// randomHistory makes up to six events of one task: every message format,
// equal times, repeated messages, deliveries of what completed, with or without
// its record, whose notifications have a time of their own.
func randomHistory(t *testing.T, random *rand.Rand) []event {
	var history []event
	for n := 1 + random.IntN(6); len(history) < n; {
		if len(history) > 0 && random.IntN(3) == 0 {
			i := random.IntN(len(history))
			again := history[i]
			if again.a.Status.Terminal() && random.IntN(4) > 0 {
				again.delivery = true
			}
			if again.delivery && random.IntN(4) == 0 {
				history[i] = again // the record is still to come
				continue
			}
			history = append(history, again)
			continue
		}
		messageID, after := fmt.Sprintf("m%d", random.IntN(1000)), time.Duration(random.IntN(4))*time.Second
		a := announce(t, messageID, after, historyMessages[random.IntN(len(historyMessages))])
		if a.Status == announcement.Failed && random.IntN(2) == 0 {
			a.Error = "a reason"
		}
		a.Caller = []string{"", "ann", "bob"}[random.IntN(3)]
		a.Request = []string{"", `{"seed":1}`, `{"seed":2}`}[random.IntN(3)]
		if !slices.ContainsFunc(history, func(e event) bool { return e.a.MessageID == a.MessageID }) {
			history = append(history, event{a: a})
		}
	}
	return history
}

// permutations returns all orders of n elements, or most random orders if there are
// more.
func permutations(n, most int, random *rand.Rand) [][]int {
	count := 1
	for i := 2; i <= n; i++ {
		count *= i
	}
	if count > most {
		orders := make([][]int, most)
		for i := range orders {
			orders[i] = random.Perm(n)
		}
		return orders
	}
	orders := [][]int{{}}
	for i := range n {
		var longer [][]int
		for _, order := range orders {
			for at := range len(order) + 1 {
				longer = append(longer, slices.Insert(slices.Clone(order), at, i))
			}
		}
		orders = longer
	}
	return orders
}

// TestConcurrentRecords: announcements of one task that are recorded at the same time leave the same item as one after
// another.
func TestConcurrentRecords(t *testing.T) {
	f := newFixture(t)
	for seed := range uint64(4) {
		random, id := rand.New(rand.NewPCG(seed, 11)), newID()
		history := slices.Concat(randomHistory(t, random), randomHistory(t, random), randomHistory(t, random))
		var all errgroup.Group
		for i := range history {
			history[i].delivery = false
			history[i].a.TaskID, history[i].a.MessageID = id, fmt.Sprint("m", i)
			all.Go(func() error {
				_, err := f.Record(t.Context(), history[i].a)
				return err
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		if got, want := plainItem(f.item(t, id)), observer(history, false); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d of %v:\ngot  %v\nwant %v", seed, history, got, want)
		}
	}
}
