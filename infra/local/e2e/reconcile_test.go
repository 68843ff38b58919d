package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/reconciliation"
)

var reconcileFunction = deployment.FunctionOutput("reconcile")

// TestReconcile makes the same random history twice. In the first copy, everything is
// announced and delivered. In the second, announcements and copies are lost at random,
// and some announcements come late. reconcile repairs the second copy while late
// announcements arrive and its sandboxes are killed. In the end, both copies are the
// same, except for attributes that only announcements have.
//
// RECONCILE_TASKS is how many tasks (30 by default), CHAOS_SEED replays a run's
// history.
func TestReconcile(t *testing.T) {
	start(t)
	total, seed := setting(t, "RECONCILE_TASKS", 30), setting(t, "CHAOS_SEED", 1)
	t.Logf("RECONCILE_TASKS=%d CHAOS_SEED=%d", total, seed)
	name := fmt.Sprintf("reconcile-%d-", seed)
	complete := newHistory(name+"a", total, rand.New(rand.NewPCG(uint64(seed), 1)))
	lossy := newHistory(name+"b", total, rand.New(rand.NewPCG(uint64(seed), 1)))
	complete.leave(t)
	lossy.leave(t)
	for _, m := range complete.messages {
		m.send(t, "record", "deliver")
	}
	random := rand.New(rand.NewPCG(uint64(seed), 2))
	late := lossy.announceSome(t, random)
	lossy.loseCopies(t, random)

	request := reconciliation.Request{Repair: true, Restore: true, Prefix: name + "b", RatePerSecond: 50}
	var live sync.WaitGroup
	live.Go(func() {
		for _, m := range late {
			m.send(t, m.lost...)
		}
	})
	killReconcile(t, request, random)
	live.Wait()
	request.RatePerSecond = 0
	repairAll(t, request)

	again := callReconcile(t, request)
	if n := again.Kinds[reconciliation.Agreeing]; n != again.Runs || again.Repaired+again.Failed != 0 || n < total {
		t.Errorf("there is something left to do: %+v", again)
	}
	for i, id := range complete.ids {
		wantSameTask(t, getItem(t, id), getItem(t, lossy.ids[i]), complete.name, lossy.name)
	}
	for i, key := range complete.images {
		want := read(t, deployment.DeliveryBucket, key)
		if got := read(t, deployment.DeliveryBucket, lossy.images[i]); got == "" || got != want {
			t.Errorf("%s is %q, want %q", lossy.images[i], got, want)
		}
	}
}

// killReconcile repairs slowly, and kills it several times.
func killReconcile(t *testing.T, request reconciliation.Request, random *rand.Rand) {
	t.Helper()
	payload, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		var ended atomic.Bool
		var call sync.WaitGroup
		call.Go(func() {
			_, _ = local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
				FunctionName: aws.String(local.Outputs[reconcileFunction]), Payload: payload})
			ended.Store(true)
		})
		invocations := 1 + random.IntN(20)
		proxies["LAMBDA"].Reset()
		await(t, "it repairs something", func() bool {
			return ended.Load() || len(proxies["LAMBDA"].Requests(nil)) >= invocations
		})
		killAll(t, local.Outputs[reconcileFunction])
		call.Wait()
	}
}

// repairAll calls reconcile until it has seen everything.
func repairAll(t *testing.T, request reconciliation.Request) {
	t.Helper()
	for {
		answer := callReconcile(t, request)
		if answer.Failed > 0 {
			t.Errorf("could not repair %+v", answer.Findings)
		}
		if request.Continue = answer.More; len(request.Continue) == 0 {
			return
		}
	}
}

func callReconcile(t *testing.T, request reconciliation.Request) (answer reconciliation.Answer) {
	t.Helper()
	payload, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[reconcileFunction]), Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	if out.FunctionError != nil {
		t.Fatalf("reconcile failed: %s", out.Payload)
	}
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// announceSome publishes announcements in random order, and returns those that come
// late: a part of the lost ones.
func (h *history) announceSome(t *testing.T, random *rand.Rand) (late []historic) {
	t.Helper()
	random.Shuffle(len(h.messages), func(i, j int) { h.messages[i], h.messages[j] = h.messages[j], h.messages[i] })
	for _, m := range h.messages {
		var seen []string
		for _, f := range []string{"record", "deliver"} {
			if random.IntN(3) == 0 {
				m.lost = append(m.lost, f)
			} else {
				seen = append(seen, f)
			}
		}
		m.send(t, seen...)
		if len(m.lost) > 0 && random.IntN(3) == 0 {
			late = append(late, m)
		}
	}
	return late
}

// loseCopies removes some delivered objects.
func (h *history) loseCopies(t *testing.T, random *rand.Rand) {
	t.Helper()
	for _, key := range h.images {
		if random.IntN(4) > 0 {
			continue
		}
		_, err := local.S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{
			Bucket: aws.String(local.Outputs[deployment.DeliveryBucket]), Key: aws.String(key)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// read returns an object's content; "" if the object is missing.
func read(t *testing.T, bucketOutput, key string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(local.ObjectsDir, local.Outputs[bucketOutput], key))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// onlyAnnounced are the attributes that only an announcement has: its content, and when
// it was published.
var onlyAnnounced = []string{
	"context",
	"runtime",
	"source",
	"started_at",
	"internal_started_ms",
	"first_started_at",
	"internal_starts_ms",
	"duration_ms",
	"updated_at",
	"finished_at",
	"internal_ended_ms",
	"message_id",
	"internal_version",
	"delivered_at",
	"internal_delivery_version",
	"expires_at",
}

// wantSameTask compares two items, ignoring the histories' names.
func wantSameTask(t *testing.T, want, got item, wantName, gotName string) {
	t.Helper()
	readable := func(i item, name string) string {
		i = maps.Clone(i)
		for _, attribute := range onlyAnnounced {
			delete(i, attribute)
		}
		var lines []string
		for attribute := range i {
			value := i.text(attribute)
			if set, ok := i[attribute].(*types.AttributeValueMemberSS); ok { // hashes of the keys
				value = fmt.Sprint(len(set.Value), " of them")
			}
			lines = append(lines, attribute+": "+strings.ReplaceAll(value, name, ""))
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if w, g := readable(want, wantName), readable(got, gotName); w != g {
		t.Errorf("task %s is\n%s\nwant\n%s", got.text("task_id"), g, w)
	}
}
