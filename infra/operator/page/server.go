package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// newHandler returns the handler of the page and its requests. It only reads from AWS. The page is below the path
// /token/, which only its user knows. The path /once redirects there a single time: other users of the machine can see
// it, as an argument of the program that opens the browser.
func newHandler(s *source, token, once string) http.Handler {
	mux := http.NewServeMux()
	var opened atomic.Bool
	mux.HandleFunc("GET /"+once, func(w http.ResponseWriter, r *http.Request) {
		if opened.Swap(true) {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, "/"+token+"/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /"+token+"/{$}", s.servePage)
	mux.HandleFunc("GET /"+token+"/object", s.serveObject)
	for path, answer := range map[string]func(context.Context, url.Values) (any, error){
		"tasks": s.tasks, "images": s.images, "task": s.task,
		"queues": func(ctx context.Context, _ url.Values) (any, error) {
			counts, _ := s.count(ctx) // a count that failed is nil
			return counts, nil
		},
		"letters": func(ctx context.Context, _ url.Values) (any, error) { return s.letters(ctx), nil },
	} {
		mux.HandleFunc("GET /"+token+"/"+path, s.json(answer))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Content-Security-Policy", "frame-ancestors 'none'")
		header.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (s *source) servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = write(w, s.newData(true)) // after an error, the browser has gone
}

// json answers with a function's result, or with its error's text.
func (s *source) json(answer func(context.Context, url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		found, err := answer(r.Context(), r.URL.Query())
		switch {
		case errors.Is(err, tasktable.ErrNotFound):
			w.WriteHeader(http.StatusNotFound)
		case err != nil:
			w.WriteHeader(http.StatusBadGateway)
		}
		if err != nil {
			found = map[string]string{"error": s.explain(err).Error()}
		}
		_ = json.NewEncoder(w).Encode(found) // after an error, the browser has gone
	}
}

// maxTasks is how many tasks an answer has at most.
const maxTasks = 1000

// tasks answers with a page of tasks, newest first, and the value of until for the next page.
func (s *source) tasks(ctx context.Context, values url.Values) (any, error) {
	limit, _ := strconv.Atoi(values.Get("limit"))
	if limit < 1 || limit > maxTasks {
		limit = maxTasks
	}
	q := tasktable.Selection{Caller: values.Get("caller"), Since: moment(values, "since"), Until: moment(values, "until")}
	for _, status := range values["status"] {
		q.Statuses = append(q.Statuses, announcement.Status(status))
	}
	if len(q.Statuses) == 0 {
		q.Statuses = tasktable.Statuses
	}
	if q.Until.IsZero() {
		q.Until = s.clock.Now().Add(tasktable.ClockSkew)
	}
	found, older, err := s.newest(ctx, q, limit)
	if err == nil {
		err = s.stack.AddOmitted(ctx, found)
	}
	if err != nil {
		return nil, err
	}
	answer := struct {
		Tasks []entry `json:"tasks"`
		Next  int64   `json:"next,omitempty"`
	}{Tasks: []entry{}}
	if !older.IsZero() {
		answer.Next = older.UnixMilli()
	}
	for _, task := range found {
		answer.Tasks = append(answer.Tasks, newEntry(tasktable.Details{Task: task}))
	}
	return answer, nil
}

// moment returns the time of a parameter in milliseconds since 1970; the zero time if the parameter is missing or 0.
func moment(values url.Values, name string) time.Time {
	ms, _ := strconv.ParseInt(values.Get(name), 10, 64)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// images answers with the delivered objects of tasks, by id.
func (s *source) images(ctx context.Context, values url.Values) (any, error) {
	states, err := s.stack.Table().Batch(ctx, values["id"], false)
	found := map[string][]object{}
	for id, state := range states {
		found[id] = s.objects(state.Task)
	}
	return found, err
}

// task answers with everything known about a task.
func (s *source) task(ctx context.Context, values url.Values) (any, error) {
	details, err := s.stack.Table().Details(ctx, values.Get("id"))
	if err != nil {
		return nil, err
	}
	e := newEntry(details)
	e["objects"] = s.objects(details.Task)
	return e, nil
}

func (s *source) objects(task tasktable.Task) []object {
	all := []object{}
	for _, uri := range task.Delivered {
		o := newObject(uri, task)
		o.URL = "object?uri=" + url.QueryEscape(uri)
		o.Download = o.URL + "&download=yes"
		all = append(all, o)
	}
	return all
}
