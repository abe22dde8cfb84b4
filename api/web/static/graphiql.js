"use strict";

const latest = `# The latest candles of a pair, exact to the digit. Press the play button.
query Latest($exchange: String!, $symbol: String!, $interval: Interval!) {
  candles(exchange: $exchange, symbol: $symbol, interval: $interval, last: 10) {
    nodes {
      timestamp
      open
      high
      low
      close
      volume
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
}
`;

const complete = `# What is collected, and how complete it is.
query Complete {
  pairs(first: 20) {
    totalCount
    nodes {
      exchange {
        name
      }
      symbol
      interval
      status
      coverage {
        percent
        candleCount
        emptySlots
        gaps {
          from
          to
        }
      }
    }
  }
}
`;

const collect = `# Brings every active pair up to date, and shows the jobs that do it.
mutation BringUpToDate {
  fetchRecentCandles {
    message
    jobs {
      id
      status
      pair {
        symbol
        interval
      }
      progress {
        percent
      }
    }
  }
}
`;

const socket = location.protocol === "https:" ? "wss" : "ws";
const pair = JSON.stringify({ exchange: "sandbox", symbol: "BTC/USDT", interval: "1m" }, null, 2);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: `${socket}://${location.host}/graphql` }),
    defaultEditorToolsVisibility: "variables",
    defaultTabs: [{ query: latest, variables: pair }, { query: complete }, { query: collect }],
  }),
);
