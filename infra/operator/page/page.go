// Package page shows tasks on a page in a browser: live, or as a file to share.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strings"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// The page requests nothing from other servers than its own, except linked images. Its scripts share one scope;
// web/main.js starts them.
//
//go:embed web
var web embed.FS

var (
	scripts = join("model.js", "source.js", "elements.js", "media.js", "gallery.js", "list.js", "task.js", "problems.js",
		"letters.js", "activity.js", "main.js")
	styles = join("page.css")
	page   = template.Must(template.ParseFS(web, "web/page.html"))
)

func join(names ...string) string {
	var all strings.Builder
	for _, name := range names {
		text, err := web.ReadFile("web/" + name)
		if err != nil {
			panic(err) // the file is embedded
		}
		all.Write(text)
	}
	return all.String()
}

// data is the data that the page embeds for its script.
type data struct {
	// Stack is the stack's name, and Place its Region or "this machine".
	Stack string `json:"stack"`
	Place string `json:"place"`
	// Live reports whether the script gets tasks from a server. Otherwise Tasks has them all, with their details.
	Live bool `json:"live"`
	// Made is when the page was made. Until is when its links expire; 0 without links. Both are in milliseconds since
	// 1970.
	Made  int64 `json:"made"`
	Until int64 `json:"until,omitempty"`
	// Callers reports whether tasks have callers.
	Callers bool `json:"callers"`
	// Requests reports whether tasks have requests.
	Requests bool `json:"requests"`
	// Notes say what the page leaves out on purpose, and Problems what could not be read.
	Notes    []string `json:"notes"`
	Problems []string `json:"problems"`
	// Statuses and Deliveries are all statuses and delivery statuses.
	Statuses   []announcement.Status      `json:"statuses"`
	Deliveries []tasktable.DeliveryStatus `json:"deliveries"`
	Fields     []heading                  `json:"fields"`
	// Stuck is the command line that lists stuck tasks.
	Stuck   string   `json:"stuck"`
	Tasks   []entry  `json:"tasks,omitempty"`
	Letters *letters `json:"letters,omitempty"`
}

// objects returns the objects of all tasks.
func (d *data) objects() (all []*object) {
	for _, e := range d.Tasks {
		own, _ := e["objects"].([]object)
		for i := range own {
			all = append(all, &own[i])
		}
	}
	return all
}

// origins returns the origins, such as https://HOST, of the objects that are links.
func (d *data) origins() (all []string) {
	for _, o := range d.objects() {
		link, err := url.Parse(o.URL)
		if err != nil || link.Host == "" {
			continue
		}
		if origin := link.Scheme + "://" + link.Host; !slices.Contains(all, origin) {
			all = append(all, origin)
		}
	}
	return all
}

// write writes the page. Its Content-Security-Policy lets a live page load from its own server only, and a file only
// load images and media, from the origins of its links.
func write(w io.Writer, d data) error {
	connect, media := "'none'", strings.Join(d.origins(), " ")
	if d.Live {
		connect, media = "'self'", "'self'"
	}
	policy := fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data: %s; media-src data: %s; "+
		"connect-src %s; base-uri 'none'; form-action 'none'", hash(scripts), hash(styles), media, media, connect)
	err := page.Execute(w, map[string]any{
		"Title": d.Stack, "Policy": policy, "Data": d, "Scripts": template.JS(scripts), "Styles": template.CSS(styles),
	})
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// hash returns a hash source for a Content-Security-Policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
