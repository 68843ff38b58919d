package tasktable_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// snsLimit is the length of the longest message of SNS, in bytes.
const snsLimit = 256 << 10

// load is a completion that almost fills an item, and its delivery.
type load struct {
	a announcement.Announcement
	d tasktable.Delivery
	// fromSNS says that the message is no longer than SNS allows.
	fromSNS bool
}

// randomLoad makes up a message of about the length. Whatever else it has, its
// list of images fills it.
func randomLoad(t *testing.T, random *rand.Rand, messageID string, after time.Duration, length int) load {
	t.Helper()
	var message bytes.Buffer
	fmt.Fprint(&message, `{"id":"x","result":true,"runtime":"sdruntime"`)
	zeros := func(share int) string { return "[0" + strings.Repeat(",0", random.IntN(length/share)/2) + "]" }
	if random.IntN(2) == 0 {
		fmt.Fprintf(&message, `,"context":%s`, zeros(1))
	}
	if random.IntN(2) == 0 {
		fmt.Fprintf(&message, `,"prompt":"%s","seeds":%s`, strings.Repeat("<", random.IntN(length/8)), zeros(4))
	}
	fmt.Fprint(&message, `,"image_url":[`)
	separator := ""
	for key := 1 + random.IntN(300); ; separator = "," {
		url := fmt.Sprintf(`%s"s3://b/%s"`, separator, strings.Repeat("k", 1+random.IntN(2*key)))
		if message.Len()+len(url)+len("]}") > length {
			break
		}
		message.WriteString(url)
	}
	fmt.Fprint(&message, `]}`)
	l := load{a: announce(t, messageID, after, message.String()), fromSNS: message.Len() <= snsLimit}
	l.d = tasktable.Delivery{Status: tasktable.Delivered, At: noon}
	prefix := "s3://delivered/" + strings.Repeat("p", []int{0, 60, 1000}[random.IntN(3)])
	for _, url := range l.a.ImageURLs {
		l.d.URIs = append(l.d.URIs, strings.Replace(url, "s3://b/", prefix, 1))
	}
	return l
}

// TestLoadsFitInAnyOrder records two announcements and two deliveries, about as
// large as an item can be, in several orders: each leaves the same item, with
// the status and the count, and with the beginnings of the lists.
func TestLoadsFitInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it writes items of 400 KB in many orders")
	}
	f := newFixture(t)
	lengths := []int{100 << 10, 140 << 10, 200 << 10, snsLimit - 1, snsLimit, 300 << 10, 500 << 10}
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("OKSeed", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			length := func() int { return lengths[random.IntN(len(lengths))] }
			loads := []load{randomLoad(t, random, "m1", 0, length()), randomLoad(t, random, "m2", time.Second, length())}
			tasks := f.inOrders(t, loads, permutations(2*len(loads), 12, random))
			for _, task := range tasks {
				if !reflect.DeepEqual(task, tasks[0]) {
					t.Fatal("the item depends on the order")
				}
			}
			checkLoad(t, tasks[0], loads[1])
		})
	}
}

// inOrders records the announcements and deliveries of loads in each order, for
// a task each, and returns the tasks.
func (f fixture) inOrders(t *testing.T, loads []load, orders [][]int) []tasktable.Task {
	t.Helper()
	tasks := make([]tasktable.Task, len(orders))
	var workers sync.WaitGroup
	for n, order := range orders {
		workers.Go(func() {
			id := newID()
			for _, i := range order {
				l := loads[i/2]
				l.a.TaskID = id
				var err error
				if i%2 == 0 {
					_, err = f.Record(t.Context(), l.a)
				} else {
					_, err = f.RecordDelivery(t.Context(), l.a, l.d)
				}
				if err != nil {
					t.Errorf("order %v: %v", order, err)
				}
			}
			var err error
			if tasks[n], err = f.Get(t.Context(), id); err != nil {
				t.Error(err)
			}
			tasks[n].ID = ""
		})
	}
	workers.Wait()
	return tasks
}

// checkLoad checks what an item keeps of the announcement and the delivery.
func checkLoad(t *testing.T, task tasktable.Task, l load) {
	t.Helper()
	if task.Status != announcement.Completed || task.ImageCount != len(l.a.ImageURLs) {
		t.Errorf("status is %s with %d images, want %d", task.Status, task.ImageCount, len(l.a.ImageURLs))
	}
	if task.DeliveryStatus != tasktable.Delivered || !task.DeliveredAt.Equal(noon) {
		t.Errorf("delivery_status is %q since %s", task.DeliveryStatus, task.DeliveredAt)
	}
	checkList(t, "image_url", l.a.ImageURLs, task.ImageURLs, task.ImageURLsOmitted)
	checkList(t, "delivered", l.d.URIs, task.Delivered, task.DeliveredOmitted)
	if !l.fromSNS {
		return
	}
	if task.ImageURLsOmitted > 0 || !equalJSON(task.Context, l.a.Context) || (task.Extra == nil) != (l.a.Extra == nil) {
		t.Errorf("%d images, or a document, of a message from SNS are omitted", task.ImageURLsOmitted)
	}
}

// checkList checks that a list is stored, or as much of its beginning as makes
// more than 100 KB.
func checkList(t *testing.T, attribute string, all, kept []string, omitted int) {
	t.Helper()
	if len(kept)+omitted != len(all) || !slices.Equal(kept, all[:len(kept)]) {
		t.Errorf("%s has %d elements and omits %d of %d", attribute, len(kept), omitted, len(all))
	}
	if bytes := len(strings.Join(kept, "")); omitted > 0 && bytes < 100<<10 {
		t.Errorf("%s has only %d bytes and omits %d elements", attribute, bytes, omitted)
	}
}

func equalJSON(x, y json.RawMessage) bool {
	var a, b any
	if json.Unmarshal(x, &a) != nil || json.Unmarshal(y, &b) != nil {
		return string(x) == string(y)
	}
	return reflect.DeepEqual(a, b)
}

// TestLoadTakesOneUpdate: messages that exceed an item's room take no more
// requests than others.
func TestLoadTakesOneUpdate(t *testing.T) {
	f := newFixture(t)
	a, d := imagesOf1KB(t, 300)
	f.requests.Reset()
	if recording := f.record(t, a); !slices.Equal(recording.Omitted, []string{"image_url"}) {
		t.Errorf("omitted are %q", recording.Omitted)
	}
	if taken, err := f.RecordDelivery(t.Context(), a, d); err != nil || !taken {
		t.Errorf("the delivery was taken: %t, error: %v", taken, err)
	}
	if got := len(f.requests.Requests(nil)); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
}

// TestStatusBesideForeignAttributes: attributes that another program added to
// the item cost the lists, not the status.
func TestStatusBesideForeignAttributes(t *testing.T) {
	f := newFixture(t)
	a, d := imagesOf1KB(t, 200)
	put := &dynamodb.PutItemInput{TableName: aws.String(f.Name), Item: f.getInput(a.TaskID).Key}
	put.Item["notes"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 390<<10)}
	if _, err := f.Client.PutItem(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	f.record(t, a)
	if taken, err := f.RecordDelivery(t.Context(), a, d); err != nil || !taken {
		t.Errorf("the delivery was taken: %t, error: %v", taken, err)
	}
	task, err := f.Get(t.Context(), a.TaskID)
	if err != nil || task.Status != announcement.Completed || task.DeliveryStatus != tasktable.Delivered {
		t.Errorf("got %q, %q, %v", task.Status, task.DeliveryStatus, err)
	}
	if task.ImageURLsOmitted != 200 || task.DeliveredOmitted != 200 {
		t.Errorf("omitted are %d and %d, want 200", task.ImageURLsOmitted, task.DeliveredOmitted)
	}
}

// imagesOf1KB announces a completion with images whose URLs have 1 KB each, and
// its delivery.
func imagesOf1KB(t *testing.T, images int) (announcement.Announcement, tasktable.Delivery) {
	t.Helper()
	a := announce(t, "m", 0, `{"id":"`+newID()+`","result":true}`)
	a.ImageURLs = slices.Repeat([]string{"s3://b/" + strings.Repeat("k", 1<<10)}, images)
	return a, tasktable.Delivery{Status: tasktable.Delivered, At: noon, URIs: a.ImageURLs}
}
