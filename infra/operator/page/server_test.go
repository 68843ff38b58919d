package page

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/picture"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
)

// browse runs sdtasks browse until the test ends, and returns the page's URL.
func browse(t *testing.T, s cli.Surroundings) (url string) {
	t.Helper()
	out, in := io.Pipe()
	s.Terminal = command.Terminal{Out: in, Progress: io.Discard}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- cli.Main[subcommands](ctx, s, []string{"browse"}) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("after Ctrl-C, the exit code is %d", code)
		}
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("browse printed no URL")
	}
	return lines.Text()
}

// get asks a server as a browser does, with these headers.
func get(t *testing.T, method, url string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	request.Host = headers["Host"]
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// TestServer: only who knows the URL is answered, and only the page itself may ask from a browser.
func TestServer(t *testing.T) {
	h := operatortest.NewHistory(t)
	url := browse(t, h.Surroundings)
	root := url[:strings.LastIndex(strings.TrimSuffix(url, "/"), "/")]
	for name, test := range map[string]struct {
		method, url string
		headers     map[string]string
		want        int
	}{
		"OK":             {"GET", url, nil, 200},
		"OKFromThePage":  {"GET", url + "tasks", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"ErrToken":       {"GET", root + "/AAAA/", nil, 404},
		"ErrNoToken":     {"GET", root + "/", nil, 404},
		"ErrHost":        {"GET", url, map[string]string{"Host": "rebound.example"}, 403},
		"ErrOtherPage":   {"GET", url + "tasks", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"ErrOtherPort":   {"GET", url + "tasks", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"ErrOtherOrigin": {"GET", url + "tasks", map[string]string{"Origin": "http://127.0.0.1:1"}, 403},
		"ErrPost":        {"POST", url + "tasks", nil, 405},
		"ErrNoTask":      {"GET", url + "task?id=nobody", nil, 404},
		"ErrBucket":      {"GET", url + "object?uri=s3://other/key", nil, 404},
		"ErrNotAnObject": {"GET", url + "object?uri=file:///etc/passwd", nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := get(t, test.method, test.url, test.headers)
			if response.StatusCode != test.want {
				t.Errorf("status %s: %.200s", response.Status, body)
			}
			if test.want == 200 && (response.Header.Get("Referrer-Policy") != "no-referrer" ||
				response.Header.Get("X-Content-Type-Options") != "nosniff" ||
				response.Header.Get("Access-Control-Allow-Origin") != "" ||
				response.Header.Get("Content-Security-Policy") != "frame-ancestors 'none'") {
				t.Errorf("headers %v", response.Header)
			}
		})
	}
}

// TestObject: an object is passed on as what it is, and can do no more than be looked at.
func TestObject(t *testing.T) {
	h := operatortest.NewHistory(t)
	h.Surroundings.Variables = append(h.Surroundings.Variables, "DELIVERY_BUCKET=images")
	store := localtest.Buckets(t, "images")
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
	url := browse(t, h.Surroundings) + "object?uri=s3://images/"
	drawn := string(picture.PNG("1", 64, 64))
	for key, test := range map[string]struct{ content, kind string }{
		"1.png": {drawn, "image/png"}, "1.None": {drawn, "image/png"},
		"w.None": {"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		"a.wav":  {"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"}, "v.mp4": {"\x00\x00\x00\x18ftypmp42", "video/mp4"},
		"s.svg": {`<svg xmlns="http://www.w3.org/2000/svg"/>`, unknownType}, "page.png": {"<html><script>", unknownType},
		"m.glb": {"glTF\x02\x00\x00\x00", unknownType}, "empty": {"", unknownType},
	} {
		t.Run("OK"+key, func(t *testing.T) {
			store.Put(t, "images", key, test.content)
			response, body := get(t, "GET", url+key, nil)
			attached := response.Header.Get("Content-Disposition") != ""
			if response.StatusCode != 200 || response.Header.Get("Content-Type") != test.kind || body != test.content ||
				attached != (test.kind == unknownType) ||
				response.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
				t.Errorf("%s, %v: %.40q", response.Status, response.Header, body)
			}
		})
	}
	t.Run("OKDownload", func(t *testing.T) {
		response, _ := get(t, "GET", url+"1.png&download=yes", nil)
		if got := response.Header.Get("Content-Disposition"); got != "attachment; filename=1.png" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("OKRange", func(t *testing.T) {
		response, body := get(t, "GET", url+"1.png", map[string]string{"Range": "bytes=1-3"})
		if response.StatusCode != 206 || body != "PNG" {
			t.Errorf("%s: %q", response.Status, body)
		}
	})
	t.Run("ErrNoSuchKey", func(t *testing.T) {
		if response, body := get(t, "GET", url+"none", nil); response.StatusCode != 404 {
			t.Errorf("%s: %s", response.Status, body)
		}
	})
}

// fill writes n tasks, newest last. Some have the same time.
func fill(t *testing.T, table *localtest.TaskTable, n int) {
	t.Helper()
	text := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
	var requests []types.WriteRequest
	for i := range n {
		at := operatortest.Noon.Add(time.Duration(i/7-n/7) * time.Second).Format("2006-01-02T15:04:05.000Z")
		status := []string{"completed", "completed", "completed", "failed", "running"}[i%5]
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
			"task_id": text(fmt.Sprintf("task-%06d", i)), "status": text(status), "updated_at": text(at),
			"runtime": text("sdruntime"),
		}}})
		if len(requests) == 25 || i == n-1 {
			_, err := table.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{table.Name: requests}})
			if err != nil {
				t.Fatal(err)
			}
			requests = nil
		}
	}
}

// TestPages: the first page needs few requests however many tasks there are; all pages together have every task once,
// newest first; and the server keeps none of them. BROWSE_TASKS is how many tasks there are.
func TestPages(t *testing.T) {
	total := 3000
	if text := os.Getenv("BROWSE_TASKS"); text != "" {
		total, _ = strconv.Atoi(text)
	}
	h := operatortest.NewHistory(t)
	table := localtest.Table(t)
	fill(t, table, total)
	operatortest.AddEnvironment(t, "AWS_ENDPOINT_URL_DYNAMODB="+table.Proxy.URL)
	h.Surroundings.Variables = []string{"TASK_TABLE=" + table.Name}
	url := browse(t, h.Surroundings)
	table.Proxy.Reset()
	start := time.Now()
	seen, until, last := map[string]bool{}, int64(0), int64(1<<62)
	var first, most uint64
	for page := 0; page == 0 || until != 0; page++ {
		_, body := get(t, "GET", url+"tasks?limit="+strconv.Itoa(min(100+page*900, 1000))+"&until="+fmt.Sprint(until), nil)
		var answer struct {
			Tasks []struct {
				ID        string `json:"id"`
				UpdatedAt int64  `json:"updated_at"`
			}
			Next int64
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("%v in %.200s", err, body)
		}
		if page == 0 {
			requests := len(table.Proxy.Requests(func(faultproxy.Request) bool { return true }))
			t.Logf("the first page of %d tasks took %v and %d requests", total, time.Since(start), requests)
			if requests > 4 || len(answer.Tasks) != 102 {
				t.Errorf("the first page has %d tasks and took %d requests", len(answer.Tasks), requests)
			}
		}
		for _, task := range answer.Tasks {
			if seen[task.ID] || task.UpdatedAt > last {
				t.Fatalf("task %s comes twice, or in the wrong order", task.ID)
			}
			seen[task.ID], last = true, task.UpdatedAt
		}
		until = answer.Next
		most = max(most, heap())
		if page == 0 {
			first = most
		}
	}
	t.Logf("%d tasks took %v; the heap grew from %d to %d KB", len(seen), time.Since(start), first>>10, most>>10)
	if len(seen) != total || most > first+32<<20 {
		t.Errorf("the pages have %d tasks of %d; the heap grew from %d to %d", len(seen), total, first, most)
	}
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
