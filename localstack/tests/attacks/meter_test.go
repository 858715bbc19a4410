package attacks

import (
	"encoding/json"
	"strings"
	"sync"

	"ticketsystem/localstack/emulator/awsproxy"
)

// figures are what functions consume and send.
type figures struct {
	read, write  float64 // DynamoDB capacity units
	rows         int     // postings written to the search index
	texts, mails int
}

func (f figures) minus(other figures) figures {
	return figures{f.read - other.read, f.write - other.write, f.rows - other.rows, f.texts - other.texts, f.mails - other.mails}
}

// meter adds up the figures of all functions.
type meter struct {
	mu       sync.Mutex
	total    figures
	byTicket map[string]int // postings
}

func (m *meter) observe(c awsproxy.Call) awsproxy.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch c.Service + " " + c.Operation {
	case "sns Publish":
		m.total.texts++
	case "ses SendEmail":
		m.total.mails++
	}
	if c.Operation == "BatchWriteItem" {
		m.countPostings(c.Body)
	}
	return awsproxy.None
}

// countPostings counts the items of a batch that are in partitions of postings. Their sort
// keys end with the id of the ticket. K#t# has the record of the indexed terms.
func (m *meter) countPostings(body []byte) {
	var batch struct {
		RequestItems map[string][]struct {
			PutRequest struct {
				Item struct{ PK, SK struct{ S string } }
			}
		}
	}
	if json.Unmarshal(body, &batch) != nil {
		return
	}
	for _, writes := range batch.RequestItems {
		for _, w := range writes {
			item := w.PutRequest.Item
			if strings.HasPrefix(item.PK.S, "K#") && !strings.HasPrefix(item.PK.S, "K#t#") {
				m.total.rows++
				m.byTicket[item.SK.S[strings.LastIndex(item.SK.S, "#")+1:]]++
			}
		}
	}
}

// postings returns the number of postings of a ticket.
func (m *meter) postings(ticketID string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byTicket[ticketID]
}

func (m *meter) consumed(_ awsproxy.Call, read, write float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.read += read
	m.total.write += write
}

func (m *meter) get() figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}
