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

// observer is the reference: it writes the item from the whole history, in whatever
// order the events arrive.
func observer(history []event, requests bool) map[string]string {
	history = slices.Clone(history)
	slices.SortFunc(history, func(x, y event) int { return compareVersions(x.a, y.a) })
	var recorded, delivered []announcement.Announcement
	for _, e := range history {
		if e.delivery {
			delivered = append(delivered, e.a)
		} else {
			recorded = append(recorded, e.a)
		}
	}
	want := map[string]string{}
	var shown announcement.Announcement
	if len(recorded) > 0 {
		shown = recorded[len(recorded)-1]
		want["expires_at"] = fmt.Sprint(shown.PublishedAt.Add(retention).Unix())
		observeRecord(want, shown, recorded)
		observeRuns(want, shown, recorded)
		observeAsked(want, recorded, requests)
	}
	if len(delivered) > 0 {
		newest := delivered[len(delivered)-1]
		if compareVersions(newest, shown) >= 0 {
			want["expires_at"] = fmt.Sprint(newest.PublishedAt.Add(retention).Unix())
			d := deliveryOf(newest)
			want["delivery_status"], want["internal_delivery_version"] = string(d.Status), newest.Version()
			want["delivered"] = fmt.Sprint(d.URIs)
			if len(d.Empty) > 0 {
				want["empty_objects"] = fmt.Sprint(d.Empty)
			}
			want["delivered_at"] = announcement.FormatTime(noon)
		}
	}
	return want
}

// observeRecord writes what the item shows of the newest of the announcements
// recorded.
func observeRecord(want map[string]string, newest announcement.Announcement, recorded []announcement.Announcement) {
	published := announcement.FormatTime(newest.PublishedAt)
	want["status"], want["updated_at"] = string(newest.Status), published
	want["message_id"], want["internal_version"] = newest.MessageID, newest.Version()
	var start time.Time
	for _, a := range recorded {
		switch a.Status {
		case announcement.Running:
			start = a.PublishedAt
			want["started_at"], want["internal_started_ms"] = announcement.FormatTime(start), fmt.Sprint(start.UnixMilli())
		case announcement.Queued:
			observeRequest(want, a)
		}
	}
	if newest.Status.Terminal() {
		want["result"] = strconv.FormatBool(newest.Status == announcement.Completed)
		want["image_url"], want["image_count"] = fmt.Sprint(newest.ImageURLs), fmt.Sprint(len(newest.ImageURLs))
		want["finished_at"] = published
		want["duration_ms"] = "0"
		if !start.IsZero() {
			want["duration_ms"] = fmt.Sprint(newest.PublishedAt.Sub(start).Milliseconds())
		}
	}
	for name, value := range map[string]string{
		"runtime": newest.Runtime, "caller": newest.Caller, "output_url": newest.OutputURL,
	} {
		if value != "" {
			want[name] = value
		}
	}
}

// observeRequest writes what the item keeps of the newest request.
func observeRequest(want map[string]string, request announcement.Announcement) {
	delete(want, "task_type")
	delete(want, "prefix")
	want["queued_at"] = announcement.FormatTime(request.PublishedAt)
	want["internal_queued_version"] = request.Version()
	if request.TaskType != "" {
		want["task_type"], want["prefix"] = request.TaskType, request.Prefix
	}
}

// observeRuns writes what the item keeps of all the announcements recorded.
func observeRuns(want map[string]string, newest announcement.Announcement, recorded []announcement.Announcement) {
	var starts []string
	runs := map[string]bool{}
	for _, a := range recorded {
		ms := fmt.Sprint(a.PublishedAt.UnixMilli())
		switch {
		case a.Status.Terminal():
			want["internal_ended_ms"], starts = ms, nil
			delete(want, "first_started_at")
			if a.Status == announcement.Completed {
				runs[fmt.Sprint(a.OutputURL, a.ImageURLs)] = true
				want["internal_runs"] = fmt.Sprint(len(runs))
			}
		case a.Status == announcement.Running && want["internal_ended_ms"] < ms && !slices.Contains(starts, ms):
			if starts = append(starts, ms); len(starts) == 1 {
				want["first_started_at"] = announcement.FormatTime(a.PublishedAt)
			}
		}
	}
	if len(starts) > 0 {
		want["internal_starts_ms"] = fmt.Sprint(starts)
	}
	if newest.Error != "" {
		want["error"] = newest.Error
	}
}

// deliveryOf is what deliver records of an announcement.
func deliveryOf(a announcement.Announcement) tasktable.Delivery {
	if len(a.ImageURLs) == 0 {
		return tasktable.Delivery{Status: tasktable.DeliveryEmpty, At: noon}
	}
	uris := []string{"s3://d/" + a.MessageID}
	d := tasktable.Delivery{Status: tasktable.Delivered, URIs: uris, At: noon}
	if len(a.ImageURLs) > 1 {
		d.Empty = uris
	}
	return d
}

// compareVersions is the order as the documentation states it.
func compareVersions(x, y announcement.Announcement) int {
	if c := x.PublishedAt.Compare(y.PublishedAt); c != 0 {
		return c
	}
	order := map[announcement.Status]int{announcement.Running: 1, announcement.Completed: 2, announcement.Failed: 2}
	if c := order[x.Status] - order[y.Status]; c != 0 {
		return c
	}
	return slices.Compare([]byte(x.MessageID), []byte(y.MessageID))
}

// TestEveryOrderConverges: every order of a history results in the observer's item.
func TestEveryOrderConverges(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it plays thousands of orders")
	}
	f := newFixture(t)
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 7))
		history := randomHistory(t, random)
		f.Requests = seed%2 == 0
		want := observer(history, f.Requests)
		orders := permutations(len(history), 150, random)
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
			_, err = f.RecordDelivery(context.Background(), a, deliveryOf(a))
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
	return plainItem(out.Item), nil
}

func plainItem(item map[string]types.AttributeValue) map[string]string {
	got := map[string]string{}
	for name, value := range item {
		if name != "task_id" {
			got[name] = plain(value)
		}
	}
	return got
}

func plain(value types.AttributeValue) string {
	switch v := value.(type) {
	case nil:
		return "absent"
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberNS:
		return fmt.Sprint(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberSS:
		return fmt.Sprint(len(v.Value))
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
