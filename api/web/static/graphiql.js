"use strict";

const latest = `# The latest candles of a pair, exact to the digit. Press the play button.
query Latest {
  candles(exchange: "sandbox", symbol: "BTC/USDT", interval: "1m", last: 10) {
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

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: `${socket}://${location.host}/graphql` }),
    defaultEditorToolsVisibility: "headers", // where an API key goes
    defaultTabs: [latest, complete, collect].map((query) => ({ query })),
  }),
);
