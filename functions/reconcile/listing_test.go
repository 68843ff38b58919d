package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"pgregory.net/rapid"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// largeBucket lists a bucket that exists only as arithmetic: runs of three images
// and a raw output each, of tasks whose ids are spread over the hexadecimal digits.
type largeBucket struct {
	runs int
	page int    // how many objects it lists at most in one answer; 0 for as many as are asked for
	kept uint64 // the bytes in use when everything is listed
}

const objectsOfRun = 4

func (b *largeBucket) key(i int) string {
	run := fmt.Sprintf("%08x", i/objectsOfRun*(1<<32/b.runs))
	if n := i % objectsOfRun; n < objectsOfRun-1 {
		return fmt.Sprintf("%s/%s-0f3c-%d.png", run, run, n+1)
	}
	return fmt.Sprintf("%s/%s-0f3c.out", run, run)
}

type listedObject struct {
	Key, ETag    string
	LastModified string
	Size         int
}

type listing struct {
	XMLName     xml.Name `xml:"ListBucketResult"`
	Name        string
	IsTruncated bool
	KeyCount    int
	Contents    []listedObject
}

func (b *largeBucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	most, _ := strconv.Atoi(q.Get("max-keys"))
	if b.page > 0 {
		most = min(most, b.page)
	}
	total := b.runs * objectsOfRun
	if strings.HasPrefix(r.URL.Path, "/destination") {
		total = 0
	}
	prefix, after := q.Get("prefix"), q.Get("start-after")
	at := sort.Search(total, func(i int) bool { return b.key(i) > after && b.key(i) >= prefix })
	answer := listing{Name: strings.Trim(r.URL.Path, "/")}
	for ; at < total && strings.HasPrefix(b.key(at), prefix); at++ {
		if len(answer.Contents) == most {
			answer.IsTruncated = true
			break
		}
		answer.Contents = append(answer.Contents, listedObject{b.key(at), `"0f3c"`, "2026-11-23T12:00:00.000Z", 7})
	}
	answer.KeyCount = len(answer.Contents)
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer)
}

// list lists the bucket for a period in which no run ended.
func (b *largeBucket) list(t testing.TB, request reconciliation.Request) reconciliation.Answer {
	t.Helper()
	server := httptest.NewServer(b)
	defer server.Close()
	client := s3.NewFromConfig(awsclient.Configure(localtest.Config(server.URL)), longLists)
	h := &Handler{Source: client, Destination: client, Invoker: &invocation.Invoker{}, Now: time.Now,
		Table: &tasktable.Table{}}
	h.Environment.OutputBucket, h.Environment.DeliveryBucket = "source", "destination"
	request.Since = noon.Add(time.Hour)
	c := newComparison(h, request, time.Time{})
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	b.kept = stats.HeapAlloc
	return c.result()
}

// TestLargeBucket: reconcile doesn't keep listed objects in memory, and sends hardly
// more than one request per page, although several workers share the pages.
func TestLargeBucket(t *testing.T) {
	const page, few, many = 100, 500, 2_000
	kept := map[int]uint64{}
	for _, runs := range []int{few, many} {
		b := &largeBucket{runs: runs, page: page}
		answer := b.list(t, reconciliation.Request{})
		if want := runs * objectsOfRun; answer.Objects != want || answer.Foreign != 0 {
			t.Errorf("%d objects, %d foreign, want %d", answer.Objects, answer.Foreign, want)
		}
		if most := answer.Objects/page*11/10 + 10*workers; answer.Requests > most {
			t.Errorf("%d requests for %d objects, want at most %d", answer.Requests, answer.Objects, most)
		}
		kept[runs] = b.kept
	}
	if most := kept[few] + (many-few)*objectsOfRun*32; kept[many] > most {
		t.Errorf("%d bytes are in use after %d runs, and %d after %d", kept[few], few, kept[many], many)
	}
}

// BenchmarkMillionObjects lists a million objects. The server takes most of the
// time.
func BenchmarkMillionObjects(b *testing.B) {
	for b.Loop() {
		bucket := &largeBucket{runs: 250_000}
		started := time.Now()
		answer := bucket.list(b, reconciliation.Request{})
		if answer.Objects != 1_000_000 {
			b.Fatalf("%d objects", answer.Objects)
		}
		b.ReportMetric(float64(answer.Objects)/time.Since(started).Seconds(), "objects/s")
		b.ReportMetric(float64(answer.Requests)/1000, "requests/1000-objects")
	}
}

// TestSplit: for any keys, the two parts of a range have all of its keys, and no run
// is in both.
func TestSplit(t *testing.T) {
	store := localtest.Buckets(t, "source")
	var requests atomic.Int64
	b := &bucket{client: s3.NewFromConfig(awsclient.Configure(store.Config())), name: "source", requests: &requests}
	word := rapid.StringMatching(`[a-z0-9/\-é~ ]{1,8}`)
	rapid.Check(t, func(rt *rapid.T) {
		var keys []string
		for _, id := range rapid.SliceOfNDistinct(word, 1, 12, rapid.ID[string]).Draw(rt, "ids") {
			prefix := rapid.SampledFrom([]string{"", "p/", id + "/"}).Draw(rt, "prefix")
			for _, end := range []string{"-0f3c-1.png", "-0f3c-2.png", "-0f3c.out", "-aaaa.out"} {
				keys = append(keys, prefix+id+"/"+id+end)
			}
		}
		for _, key := range keys {
			store.Put(t, "source", key, "")
		}
		defer func() {
			for _, key := range keys {
				store.Delete(t, "source", key)
			}
		}()
		sort.Strings(keys)
		part := reconciliation.Range{
			After: rapid.SampledFrom(append([]string{""}, keys...)).Draw(rt, "after"),
			To:    rapid.SampledFrom(append([]string{""}, keys...)).Draw(rt, "to"),
		}
		lower, upper, ok, err := b.split(t.Context(), "", part)
		if err != nil {
			rt.Fatal(err)
		}
		sides := map[string]bool{}
		for _, key := range keys {
			inLower, inUpper := contains(lower, key), ok && contains(upper, key)
			if inLower && inUpper || contains(part, key) != (inLower || inUpper) {
				rt.Errorf("%q of %q: in %q %t, in %q %t", key, part, lower, inLower, upper, inUpper)
			}
			if r, isResult := readKey(key); isResult && contains(part, key) {
				if side, known := sides[r.run]; known && side != inUpper {
					rt.Errorf("run %q is on both sides of %q", r.run, lower.To)
				}
				sides[r.run] = inUpper
			}
		}
	})
}

func contains(part reconciliation.Range, key string) bool {
	return key > part.After && (part.To == "" || key <= part.To)
}
