package costs

// What the worked example assumes. Everything else is measured or read from the
// template.
const (
	tasks         = 1_000_000 // a month
	images        = 4         // of a task
	imageBytes    = 1_500_000
	copySeconds   = 0.050 // as many copies at once as deliver makes
	writeSeconds  = 0.010 // the rest of an invocation that writes an item
	idleSeconds   = 0.002 // an invocation that finds nothing to do
	logsCompress  = 0.15  // stored size of logs: "Amazon CloudWatch pricing", examples
	storedPerItem = 100   // bytes that DynamoDB adds to an item: "DynamoDB item sizes and formats"
	gigabyte      = 1 << 30
	million       = 1e6
)

// section is a part of the bill.
type section string

const (
	processing section = "Processing"
	monitoring section = "Monitoring"
	storage    section = "Storage"
)

var sections = []section{processing, monitoring, storage}

// line is one line of the bill.
type line struct {
	section section
	what    string
	// price is the rate for per units, in US dollars.
	price float64
	per   float64
	unit  string // after the rate; "" for a count in millions
	// quantity is a month's, in units.
	quantity func(usage, stack) float64
}

// lines are everything that is billed, at the prices for us-east-1 as known in
// November 2026, without free tiers and volume discounts. The pages to check them
// against (those of X-Ray and of DynamoDB's storage were verified there) are
// "Amazon S3 pricing", "Amazon EventBridge pricing", "Amazon DynamoDB pricing for
// on-demand capacity", "AWS Lambda pricing" (Arm), "Amazon SNS pricing", "Amazon
// CloudWatch pricing" and "AWS X-Ray pricing". EventBridge's page calls S3's events
// "opt-in data events"; that they cost what custom events cost is assumed.
var lines = []line{
	{processing, "S3: copies", 5, million, "", func(u usage, _ stack) float64 { return tasks * u.copies }},
	{processing, "EventBridge: events of a created delivery bucket", 1, million, "",
		func(u usage, _ stack) float64 { return tasks * u.copies }},
	{processing, "DynamoDB: writes to the table, by KB", 0.625, million, "",
		func(u usage, _ stack) float64 { return tasks * u.tableUnits }},
	{processing, "DynamoDB: writes to the index, by KB", 0.625, million, "",
		func(u usage, _ stack) float64 { return tasks * u.indexUnits }},
	{processing, "Lambda: requests", 0.20, million, "", func(u usage, _ stack) float64 { return tasks * u.invocations }},
	{processing, "Lambda: compute", 13.3334, million, "GB-s",
		func(u usage, _ stack) float64 { return tasks * u.gbSeconds }},
	{processing, "SNS: filtering of message bodies", 0.09, 1, "GB",
		func(u usage, _ stack) float64 { return tasks * u.filteredBytes / gigabyte }},
	{monitoring, "CloudWatch Logs: ingestion", 0.50, 1, "GB",
		func(u usage, _ stack) float64 { return tasks * u.logBytes / gigabyte }},
	{monitoring, "X-Ray: traces, one a message at most", 5, million, "",
		func(u usage, _ stack) float64 { return tasks * u.messages }},
	{monitoring, "CloudWatch: custom metrics", 0.30, 1, "each",
		func(u usage, _ stack) float64 { return float64(len(u.metrics)) }},
	{monitoring, "CloudWatch: alarms", 0.10, 1, "each", func(_ usage, s stack) float64 { return s.alarms }},
	{monitoring, "CloudWatch: dashboard", 3, 1, "each", func(_ usage, s stack) float64 { return s.dashboards }},
	{storage, "S3: delivered images", 0.023, 1, "GB",
		func(u usage, _ stack) float64 { return tasks * u.copies * imageBytes / gigabyte }},
	{storage, "DynamoDB: table and index", 0.25, 1, "GB",
		func(u usage, _ stack) float64 {
			return tasks * (u.itemBytes + u.indexBytes + 2*storedPerItem) / gigabyte
		}},
	{storage, "DynamoDB: point-in-time recovery of the table", 0.20, 1, "GB",
		func(u usage, _ stack) float64 { return tasks * (u.itemBytes + storedPerItem) / gigabyte }},
	{storage, "CloudWatch Logs: compressed", 0.03, 1, "GB",
		func(u usage, _ stack) float64 { return tasks * u.logBytes * logsCompress / gigabyte }},
}

// kmsRequest is what a request to KMS costs ("AWS KMS pricing"): one for each
// copy to decrypt, and one to encrypt.
const kmsRequest = 0.03 / 10_000

func (l line) cost(u usage, s stack) float64 { return l.quantity(u, s) * l.price / l.per }

func total(in section, u usage, s stack) (dollars float64) {
	for _, l := range lines {
		if l.section == in {
			dollars += l.cost(u, s)
		}
	}
	return dollars
}
