package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/announcement"
)

// endless serves a task table of any size over the protocol of DynamoDB. It makes up each page when it is asked for it.
// No two tasks have the same error, and no two errors the same reason. It also notes how much memory the process holds
// meanwhile.
type endless struct {
	url         string
	tasks       map[announcement.Status]int
	requests    int
	first, most uint64 // bytes in use
}

// runtimes is how many runtimes the tasks have.
const runtimes = 2 * maxRuntimes

// maxPage is how many tasks fit in a page: fewer than in DynamoDB's megabyte, so that a few thousand are many pages.
const maxPage = 300

// request is what is read of a Query or a BatchGetItem.
type request struct {
	ExpressionAttributeValues map[string]struct{ S string }
	ExclusiveStartKey         map[string]struct{ S string }
	Limit                     int
	RequestItems              map[string]struct {
		Keys []map[string]struct{ S string }
	}
}

// ServeHTTP answers DynamoDB's Query and BatchGetItem.
func (e *endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked request
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if e.requests++; e.requests%4 == 1 {
		e.measure()
	}
	page := e.query(asked)
	if asked.RequestItems != nil {
		page = asked.prompts()
	}
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	w.Header().Set("X-Amz-Crc32", strconv.Itoa(int(crc32.ChecksumIEEE(page.Bytes()))))
	_, _ = w.Write(page.Bytes())
}

// prompts has a request for each of the tasks.
func (r request) prompts() *bytes.Buffer {
	var page bytes.Buffer
	for _, key := range r.RequestItems["tasks"].Keys {
		fmt.Fprintf(&page, `,{"task_id":{"S":%q},"expires_at":{"N":"0"},"request":{"S":"{\"prompt\":\"%s\"}"}}`,
			key["task_id"].S, strings.Repeat("a cat ", 100)+key["task_id"].S)
	}
	return bytes.NewBufferString(`{"Responses":{"tasks":[` + strings.TrimPrefix(page.String(), ",") +
		`]},"UnprocessedKeys":{}}`)
}

// query is a page of the tasks with a status.
func (e *endless) query(query request) *bytes.Buffer {
	status, first := announcement.Status(query.ExpressionAttributeValues[":value"].S), 0
	if after := query.ExclusiveStartKey["task_id"].S; after != "" {
		_, _ = fmt.Sscanf(after, string(status)+"-%d", &first)
		first++
	}
	last := min(first+min(query.Limit, maxPage), e.tasks[status])
	var page bytes.Buffer
	page.WriteString(`{"Items":[`)
	for i := first; i < last; i++ {
		if i > first {
			page.WriteByte(',')
		}
		writeItem(&page, status, i)
	}
	fmt.Fprintf(&page, `],"Count":%d,"ScannedCount":%d`, last-first, last-first)
	if last < e.tasks[status] {
		fmt.Fprintf(&page, `,"LastEvaluatedKey":{"task_id":{"S":"%s-%d"}}`, status, last-1)
	}
	page.WriteByte('}')
	return &page
}

// measure notes what is in use after a collection.
func (e *endless) measure() {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	if e.first == 0 {
		e.first = now.HeapAlloc
	}
	e.most = max(e.most, now.HeapAlloc)
}

// writeItem writes the index entry of the nth newest task.
func writeItem(page *bytes.Buffer, status announcement.Status, n int) {
	updated := announcement.FormatTime(operatortest.Noon.Add(-time.Duration(n) * time.Millisecond))
	fmt.Fprintf(page, `{"task_id":{"S":"%[1]s-%[2]d"},"status":{"S":"%[1]s"},"updated_at":{"S":"%[3]s"},`+
		`"started_at":{"S":"2026-01-01T00:00:00.000Z"},"runtime":{"S":"runtime-%[4]d"}`, status, n, updated, n%runtimes)
	if status.Terminal() {
		fmt.Fprintf(page, `,"finished_at":{"S":"%s"},"delivered_at":{"S":"%s"},"image_count":{"N":"4"},`+
			`"delivery_status":{"S":"delivered"}`, updated, announcement.FormatTime(operatortest.Noon))
	}
	if status == announcement.Failed {
		fmt.Fprintf(page, `,"error":{"S":"%s %s"}`, strings.Repeat("no memory ", 20), inLetters(n))
	}
	page.WriteByte('}')
}

// inLetters writes a number without digits, which a reason leaves out.
func inLetters(n int) string {
	return strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, strconv.Itoa(n))
}

// lineCounter counts lines and forgets them.
type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	*c += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

// newEndless is a table of that many tasks, and the surroundings in which subcommands use it.
func newEndless(t testing.TB, tasks int) (*endless, cli.Surroundings) {
	t.Helper()
	table := &endless{tasks: map[announcement.Status]int{announcement.Completed: tasks * 8 / 10,
		announcement.Failed: tasks / 10, announcement.Running: tasks / 10}}
	server := httptest.NewServer(table)
	t.Cleanup(server.Close)
	table.url = server.URL
	operatortest.AddEnvironment(t, operatortest.Nowhere...)
	operatortest.AddEnvironment(t, "AWS_ENDPOINT_URL_DYNAMODB="+server.URL, "AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	return table, cli.Surroundings{
		Clock:     command.Clock{Now: func() time.Time { return operatortest.Noon }},
		Variables: []string{"TASK_TABLE=tasks", `SETTINGS={"taskRequests":true}`},
	}
}

// runEndless runs a subcommand on a table of that many tasks. It returns how many lines that prints, and by how many
// bytes the memory in use grew.
func runEndless(t testing.TB, tasks int, args string) (lines int, grown uint64) {
	t.Helper()
	table, s := newEndless(t, tasks)
	var out lineCounter
	var progress bytes.Buffer
	s.Terminal = command.Terminal{Out: &out, Progress: &progress}
	if code := cli.Main[subcommands](t.Context(), s, strings.Fields(args)); code != 0 {
		t.Fatalf("exit code %d: %s", code, progress.String())
	}
	return int(out), table.most - table.first
}

// TestMemory lists and counts tasks in memory that doesn't grow with their number.
func TestMemory(t *testing.T) {
	const tasks, most = 5_000, 4 << 20 // 5,000 tasks that are kept take 22 MB
	for args, want := range map[string]struct{ tasks, lines int }{
		"list --limit 0":                              {tasks, 4 + tasks},
		"list --limit 0 --output csv":                 {tasks, 1 + tasks},
		"list --limit 0 --output json":                {tasks, 6 * tasks},
		"failures --limit 0 --since 1d":               {10 * tasks, 4 + 4*tasks}, // a tenth of the tasks have failed
		"failures --limit 0 --since 1d --output csv":  {10 * tasks, 1 + tasks},
		"failures --limit 0 --since 1d --output json": {10 * tasks, 17 * tasks}, // with requests
		"stats --since 1d":                            {tasks, maxRuntimes},
	} {
		t.Run(args, func(t *testing.T) {
			got, grown := runEndless(t, want.tasks, args)
			if got < want.lines {
				t.Errorf("it printed %d lines, want at least %d", got, want.lines)
			}
			if grown > most {
				t.Errorf("memory grew by %d bytes", grown)
			}
		})
	}
}

// TestNameIn: the first names are counted one by one, all others together.
func TestNameIn(t *testing.T) {
	counted := map[string]int{}
	for _, name := range []string{"a", "b", "a", "c", "d", "b", "a"} {
		counted[nameIn(counted, name, 2)]++
	}
	if want := map[string]int{"a": 3, "b": 2, others: 2}; !maps.Equal(counted, want) {
		t.Errorf("got %v, want %v", counted, want)
	}
}

// BenchmarkMemory measures by how much memory grows for a million tasks.
func BenchmarkMemory(b *testing.B) {
	for _, args := range []string{"list --limit 0", "list --limit 0 --output csv", "failures --limit 0 --since 1d",
		"stats --since 1d"} {
		b.Run(args, func(b *testing.B) {
			for b.Loop() {
				_, grown := runEndless(b, 1_000_000, args)
				b.ReportMetric(float64(grown)/1e6, "MB")
			}
		})
	}
}
