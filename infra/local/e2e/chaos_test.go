package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deadletter"
)

// setting returns the whole number in an environment variable, or the default.
func setting(t *testing.T, name string, fallback int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return fallback
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s is %q: it must be a whole number", name, value)
	}
	return n
}

// TestChaos announces tasks while servers go away and come back and sandboxes
// are killed, at random; then redrives until nothing moves. Every item must be
// right, every image delivered exactly once, every poison message still there.
//
// CHAOS_MESSAGES is about how many announcements (300 by default), CHAOS_SEED
// replays a run's faults.
func TestChaos(t *testing.T) {
	start(t)
	total, seed := setting(t, "CHAOS_MESSAGES", 300), setting(t, "CHAOS_SEED", 1)
	t.Logf("CHAOS_MESSAGES=%d CHAOS_SEED=%d", total, seed)
	purge(t)
	defer purge(t)
	proxies["S3"].Reset()

	ctx, stop := context.WithCancel(t.Context())
	var chaos sync.WaitGroup
	chaos.Go(func() { wreak(ctx, rand.New(rand.NewPCG(uint64(seed), 1))) })
	want := announceAll(t, total, rand.New(rand.NewPCG(uint64(seed), 2)))
	localtest.Await(t, 5*time.Minute, "every event is dealt with", func() bool {
		return bridged(t) == 0 && local.Host.Pending() == 0
	})
	stop()
	chaos.Wait()

	letters := 0
	for _, output := range queueOutputs {
		letters += size(t, local.Outputs[output])
	}
	t.Logf("%d dead letters after the chaos, %d of them poison", letters, want.poison)
	await(t, "only poison is left", func() bool {
		left := 0
		for _, counts := range callRedrive(t, deadletter.Request{}).Queues {
			left += counts.Left
		}
		return left == want.poison
	})
	wantAll(t, want)
}

// wantAll checks that every task is as announced and that no image was written
// twice.
func wantAll(t *testing.T, want announced) {
	t.Helper()
	for id, status := range want.status {
		got := getItem(t, id)
		delivered := got.text("delivery_status") == "delivered"
		if got.text("status") != status || delivered != (status == "completed") {
			t.Errorf("task %s is %s and %s, want %s", id, got.text("status"), got.text("delivery_status"), status)
		}
	}
	writes := map[string]int{} // by path
	for _, r := range proxies["S3"].Requests(written("")) {
		writes[r.Path]++
	}
	for path, n := range writes {
		if n > 1 { // 0 may be: the proxy does not see what S3 answers to a sandbox that died
			t.Errorf("%s was written %d times", path, n)
		}
	}
	for _, key := range want.keys {
		wantDelivered(t, key, []byte(key))
	}
}

// announced is the expected result of the announcements.
type announced struct {
	status map[string]string // by task
	keys   []string          // images to be delivered
	poison int
}

// announceAll publishes about n announcements, ten publishers at a time.
func announceAll(t *testing.T, n int, random *rand.Rand) announced {
	t.Helper()
	want := announced{status: map[string]string{}}
	marker := newID(t)
	var publishers sync.WaitGroup
	slots := make(chan struct{}, 10)
	say := func(messages ...string) {
		slots <- struct{}{}
		publishers.Go(func() {
			defer func() { <-slots }()
			for _, message := range messages {
				publish(t, message)
			}
		})
	}
	for count := 0; count < n; count++ {
		id := fmt.Sprintf("%s-%04d", marker, count)
		switch kind := random.IntN(10); {
		case kind == 0:
			want.poison++
			say("poison " + id)
		case kind == 1:
			want.status[id] = "failed"
			say(fmt.Sprintf(`{"id":%q,"result":false,"runtime":"comfyui","image_url":[]}`, id))
		case kind < 4:
			want.status[id] = "running"
			say(running(id))
		default:
			key := "output/" + id + ".png"
			upload(t, key, []byte(key))
			want.keys = append(want.keys, key)
			want.status[id] = "completed"
			say(running(id), completed(id, key))
			count++
		}
	}
	publishers.Wait()
	return want
}

// bridged returns how many messages are waiting between SNS and the functions.
func bridged(t *testing.T) int {
	t.Helper()
	queues, err := local.SQS().ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	waiting := 0
	for _, url := range queues.QueueUrls {
		if strings.HasSuffix(url, "-bridge") {
			waiting += size(t, url)
		}
	}
	return waiting
}

// wreak injects one fault after another until the context is done.
func wreak(ctx context.Context, random *rand.Rand) {
	throttle := faultproxy.Reply(http.StatusBadRequest, "application/x-amz-json-1.0",
		`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"injected"}`)
	missing := faultproxy.Reply(http.StatusBadRequest, "application/x-amz-json-1.0",
		`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"injected"}`)
	for ctx.Err() == nil {
		service := []string{"S3", "DYNAMODB"}[random.IntN(2)]
		long := time.Duration(50+random.IntN(1500)) * time.Millisecond
		var end func()
		switch random.IntN(7) {
		case 0, 1: // the server is unreachable for a while
			end = proxies[service].Inject(faultproxy.Fault{Do: faultproxy.Cut})
		case 2: // answers get lost
			end = proxies[service].Inject(faultproxy.Fault{Do: faultproxy.LoseAnswer})
		case 3:
			end = proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: throttle})
		case 4: // a failure that the SDK does not retry
			end = proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: missing})
		case 5: // SNS may not reach a function
			end = forbid([]string{recordFunction, deliverFunction}[random.IntN(2)])
		default: // sandboxes die
			killSome(random)
			end = func() {}
		}
		pause(ctx, long)
		end()
		pause(ctx, long/2)
	}
}

// killSome kills each sandbox with a probability of one half.
func killSome(random *rand.Rand) {
	for _, function := range []string{recordFunction, deliverFunction} {
		for _, pid := range local.Host.Sandboxes(local.Outputs[function]) {
			if random.IntN(2) == 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
