package main

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// stackOutput and stack are what CloudFormation's DescribeStacks answers with.
type stackOutput struct{ OutputKey, OutputValue string }

type stack struct {
	StackName string
	Outputs   []stackOutput `xml:"Outputs>member"`
}

// cloudFormation serves DescribeStacks, a stack a page, and counts the questions.
type cloudFormation struct {
	stacks []stack
	asked  int
	denied bool
}

func (c *cloudFormation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked++
	type answer struct {
		XMLName   xml.Name `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ DescribeStacksResponse"`
		Stacks    []stack  `xml:"DescribeStacksResult>Stacks>member"`
		NextToken string   `xml:"DescribeStacksResult>NextToken,omitempty"`
	}
	fail := func(status int, code, message string) {
		w.WriteHeader(status)
		_, _ = w.Write(
			[]byte(
				"<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>",
			),
		)
	}
	if c.denied {
		fail(http.StatusForbidden, "AccessDenied", "not authorized to perform: cloudformation:DescribeStacks")
		return
	}
	name, token := r.FormValue("StackName"), r.FormValue("NextToken")
	for i, s := range c.stacks {
		switch {
		case name != "" && s.StackName == name:
			_ = xml.NewEncoder(w).Encode(answer{Stacks: []stack{s}})
			return
		case name == "" && token == strings.Repeat("x", i):
			page := answer{Stacks: []stack{s}}
			if i+1 < len(c.stacks) {
				page.NextToken = strings.Repeat("x", i+1)
			}
			_ = xml.NewEncoder(w).Encode(page)
			return
		}
	}
	if name == "" {
		_ = xml.NewEncoder(w).Encode(answer{})
		return
	}
	fail(http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
}

const guidanceTopic = "arn:aws:sns:us-east-1:000000000000:SdOnEKSStack-topic"

// guidanceStack is the guidance's stack, with its topic under either name.
func guidanceStack(name, topicOutput string) stack {
	return stack{
		name,
		[]stackOutput{
			{"EKSClusterName", "c"},
			{topicOutput, guidanceTopic},
			{
				"sdNotificationLambdaARN",
				"arn:aws:sns:us-east-1:000000000000:input",
			},
			{"OutputS3Bucket", "arn:aws:s3:::images"},
		},
	}
}

// TestGuidance finds the guidance's topic and bucket.
func TestGuidance(t *testing.T) {
	other := stack{"Other", []stackOutput{{"OutputS3Bucket", "arn:aws:s3:::mine"}}}
	readme, code := guidanceStack(
		"SdOnEKSStack",
		"sdNotificationOutputArn",
	), guidanceStack(
		"sdoneksStack",
		"sdNotificationOutputARN",
	)
	found := map[string]any{"topicArn": guidanceTopic, "outputBucket": "arn:aws:s3:::images"}
	for name, test := range map[string]struct {
		stacks  []stack
		context map[string]any
		want    map[string]any
		asked   int
		err     string
	}{
		"by name":                 {[]stack{other, readme}, map[string]any{"guidanceStack": "SdOnEKSStack"}, found, 1, ""},
		"by name, the other case": {[]stack{code}, map[string]any{"guidanceStack": "sdoneksStack"}, found, 1, ""},
		"the only one":            {[]stack{other, code}, map[string]any{"guidanceStack": ""}, found, 2, ""},
		"not asked":               {nil, map[string]any{"topicArn": "a"}, map[string]any{"topicArn": "a"}, 0, ""},
		"what is given wins": {[]stack{readme}, map[string]any{"guidanceStack": "SdOnEKSStack", "outputBucket": "mine"},
			map[string]any{"topicArn": guidanceTopic, "outputBucket": "mine"}, 1, ""},
		"both are given": {nil, map[string]any{"guidanceStack": "x", "topicArn": "a", "outputBucket": "b"},
			map[string]any{"topicArn": "a", "outputBucket": "b"}, 0, ""},
		"none of that name": {[]stack{other, readme}, map[string]any{"guidanceStack": "Guidance"}, nil, 3,
			"Stack with id Guidance does not exist; these stacks look like the guidance's: SdOnEKSStack"},
		"another stack": {[]stack{other, readme}, map[string]any{"guidanceStack": "Other"}, nil, 3,
			"no output sdNotificationOutputArn or no output OutputS3Bucket, but OutputS3Bucket; these stacks look"},
		"none at all": {[]stack{other}, map[string]any{"guidanceStack": ""}, nil, 1,
			"no stack here has the guidance's outputs"},
		"several": {[]stack{readme, code}, map[string]any{"guidanceStack": ""}, nil, 2,
			"-c guidanceStack=NAME, one of SdOnEKSStack, sdoneksStack"},
	} {
		t.Run(name, func(t *testing.T) {
			server := &cloudFormation{stacks: test.stacks}
			l := newLookup(t, server, test.context)
			got, err := l.settings()
			if test.err != "" {
				wantError(t, err, test.err)
			} else if err != nil {
				t.Fatal(err)
			}
			for setting, want := range test.want {
				if got[setting] != want {
					t.Errorf("%s is %v, want %v", setting, got[setting], want)
				}
			}
			if server.asked != test.asked {
				t.Errorf("it asked %d times, want %d", server.asked, test.asked)
			}
		})
	}
	t.Run("denied", func(t *testing.T) {
		_, err := newLookup(t, &cloudFormation{denied: true}, map[string]any{"guidanceStack": "S"}).settings()
		wantError(t, err, "read the outputs of the guidance's stack S in us-east-1", "AccessDenied")
	})
}

func newLookup(t *testing.T, server http.Handler, context map[string]any) *lookup {
	t.Helper()
	endpoint := httptest.NewServer(server)
	t.Cleanup(endpoint.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_CLOUDFORMATION": endpoint.URL, "AWS_ACCESS_KEY_ID": "test",
		"AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
		t.Setenv(name, value)
	}
	return &lookup{context: context, account: "000000000000", region: "us-east-1",
		file: filepath.Join(t.TempDir(), "cdk.context.json")}
}

// TestGuidanceIsKept: what was found is not asked for again, beside what the file
// has already.
func TestGuidanceIsKept(t *testing.T) {
	server := &cloudFormation{stacks: []stack{guidanceStack("S", "sdNotificationOutputArn")}}
	l := newLookup(t, server, map[string]any{"guidanceStack": "S"})
	if err := os.WriteFile(l.file, []byte(`{"retentionDays": 30}`), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := l.settings()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(l.file)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "guidance:account=000000000000:region=us-east-1:stack=S": {
    "topicArn": "arn:aws:sns:us-east-1:000000000000:SdOnEKSStack-topic",
    "outputBucket": "arn:aws:s3:::images"
  },
  "retentionDays": 30
}
`
	if string(data) != want {
		t.Errorf("the file is\n%s", data)
	}
	if err := json.Unmarshal(data, &l.context); err != nil { // as the CDK CLI does
		t.Fatal(err)
	}
	again, err := l.settings()
	if err != nil || server.asked != 1 || again["topicArn"] != first["topicArn"] {
		t.Errorf("it asked %d times, and got %v, %v", server.asked, again, err)
	}
	settings, err := NewSettings(again, "000000000000", "us-east-1")
	if err != nil || settings.OutputBucket != "images" || settings.TopicARN != guidanceTopic ||
		settings.RetentionDays != 30 {
		t.Errorf("got %+v, %v", settings, err)
	}
	l.region = "eu-west-1" // where nothing is known yet
	if _, err := l.settings(); err != nil || server.asked != 2 {
		t.Errorf("it asked %d times: %v", server.asked, err)
	}
	if err := os.WriteFile(l.file, []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	l.context = map[string]any{"guidanceStack": "S"}
	if _, err := l.settings(); err == nil || !strings.Contains(err.Error(), "cdk.context.json") {
		t.Errorf("a damaged file: %v", err)
	}
	if !reflect.DeepEqual(l.context, map[string]any{"guidanceStack": "S"}) {
		t.Errorf("the context has changed: %v", l.context)
	}
}
