package tasktable_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// event is one thing that happens to a task: an announcement is recorded, or
// its delivery is.
type event struct {
	a        announcement.Announcement
	delivery bool
}

// observer is the reference: the item that an observer who knows the whole
// history writes, whatever order its events arrived in.
func observer(history []event) map[string]string {
	slices.SortFunc(history, func(x, y event) int { return compareVersions(x.a, y.a) })
	newest := history[len(history)-1].a
	published := announcement.FormatTime(newest.PublishedAt)
	want := map[string]string{
		"status": string(newest.Status), "updated_at": published, "message_id": newest.MessageID, "version": newest.Version(),
		"expires_at": fmt.Sprint(newest.PublishedAt.Add(retention).Unix()),
	}
	var start time.Time
	for _, e := range history {
		if e.a.Status == announcement.Running {
			start = e.a.PublishedAt
			want["started_at"], want["started_ms"] = announcement.FormatTime(start), fmt.Sprint(start.UnixMilli())
		}
		if e.delivery && e.a.Version() == newest.Version() {
			want["delivery_status"], want["delivery_version"] = "delivered", newest.Version()
			want["delivered"], want["delivered_at"] = "[s3://d/"+newest.MessageID+"]", announcement.FormatTime(noon)
		}
	}
	if newest.Status.Terminal() {
		want["result"] = strconv.FormatBool(newest.Status == announcement.Completed)
		want["image_url"], want["image_count"] = fmt.Sprint(newest.ImageURLs), fmt.Sprint(len(newest.ImageURLs))
		want["finished_at"], want["finished_ms"] = published, fmt.Sprint(newest.PublishedAt.UnixMilli())
		want["duration_ms"] = "0"
		if !start.IsZero() {
			want["duration_ms"] = fmt.Sprint(newest.PublishedAt.Sub(start).Milliseconds())
		}
	}
	if newest.Runtime != "" {
		want["runtime"] = newest.Runtime
	}
	return want
}

// compareVersions is the order as the documentation states it.
func compareVersions(x, y announcement.Announcement) int {
	if c := x.PublishedAt.Compare(y.PublishedAt); c != 0 {
		return c
	}
	if x.Status.Terminal() != y.Status.Terminal() {
		if x.Status.Terminal() {
			return 1
		}
		return -1
	}
	return slices.Compare([]byte(x.MessageID), []byte(y.MessageID))
}

// historyMessages are messages of one task in every format.
var historyMessages = []string{
	`{"id":"x","result":true,"image_url":["s3://b/1"]}`,
	`{"id":"x","result":true,"runtime":"v2","image_url":["s3://b/2","s3://b/3"]}`,
	`{"id":"x","result":true,"runtime":"v3","status":"completed","image_url":[]}`,
	`{"id":"x","result":false,"runtime":"v3","status":"failed","image_url":[]}`,
	`{"id":"x","status":"running","runtime":"v3"}`,
	`{"id":"x","status":"running","runtime":"v4"}`,
}

// randomHistory makes up to six events of one task: every message format,
// equal times, repeated messages, deliveries of what completed.
func randomHistory(t *testing.T, random *rand.Rand) []event {
	var history []event
	for n := 1 + random.IntN(6); len(history) < n; {
		if len(history) > 0 && random.IntN(4) == 0 {
			again := history[random.IntN(len(history))]
			again.delivery = again.a.Status == announcement.Completed
			history = append(history, again)
			continue
		}
		messageID, after := fmt.Sprintf("m%d", random.IntN(1000)), time.Duration(random.IntN(4))*time.Second
		a := announce(t, messageID, after, historyMessages[random.IntN(len(historyMessages))])
		if !slices.ContainsFunc(history, func(e event) bool { return e.a.MessageID == a.MessageID }) {
			history = append(history, event{a: a})
		}
	}
	return history
}

// TestEveryOrderConverges is the table's promise: every order of a history
// leaves the item that an observer of the whole history would have written.
func TestEveryOrderConverges(t *testing.T) {
	f := newFixture(t)
	f.requests.Reset()
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 7))
		history := randomHistory(t, random)
		want := observer(slices.Clone(history))
		orders := permutations(len(history), 500, random)
		var workers sync.WaitGroup
		slots := make(chan struct{}, 16)
		for _, order := range orders {
			slots <- struct{}{}
			workers.Go(func() {
				defer func() { <-slots }()
				got, err := f.play(history, order)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("seed %d, order %v of %v: %v\ngot  %v\nwant %v", seed, order, history, err, got, want)
				}
			})
		}
		workers.Wait()
		if t.Failed() {
			return
		}
	}
}

// play records a history in an order, for a new task, and returns the item as
// strings.
func (f fixture) play(history []event, order []int) (map[string]string, error) {
	id := newID()
	for _, i := range order {
		a := history[i].a
		a.TaskID = id
		var err error
		if history[i].delivery {
			_, err = f.RecordDelivery(context.Background(), a, tasktable.Delivery{
				Status: tasktable.Delivered, URIs: []string{"s3://d/" + a.MessageID}, At: noon})
		} else {
			_, err = f.Record(context.Background(), a)
		}
		if err != nil {
			return nil, err
		}
	}
	out, err := f.Client.GetItem(context.Background(), f.getInput(id))
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for name, value := range out.Item {
		if name != "task_id" {
			got[name] = plain(value)
		}
	}
	return got, nil
}

func plain(value types.AttributeValue) string {
	switch v := value.(type) {
	case nil:
		return "absent"
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberBOOL:
		return strconv.FormatBool(v.Value)
	case *types.AttributeValueMemberL:
		var elements []string
		for _, element := range v.Value {
			elements = append(elements, plain(element))
		}
		return fmt.Sprint(elements)
	}
	return fmt.Sprintf("%T", value)
}

// permutations returns all orders of n, or as many random ones as most says if
// there are more.
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
