// Answers as the providers send them, shortened in their texts alone.

const sse = (events: readonly unknown[], named = false) =>
  events
    .map((event) => {
      const type = typeof event === "object" && event !== null && "type" in event ? String(event.type) : ""
      return `${named ? `event: ${type}\n` : ""}data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`
    })
    .join("")

export const ANSWERS = {
  "anthropic stream": {
    dialect: "anthropic",
    type: "text/event-stream; charset=utf-8",
    body: sse(
      [
        {
          type: "message_start",
          message: {
            id: "msg_01",
            type: "message",
            role: "assistant",
            model: "claude-haiku-4-5-20251001",
            content: [],
            stop_reason: null,
            usage: {
              input_tokens: 12,
              cache_creation_input_tokens: 300,
              cache_read_input_tokens: 4000,
              cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
              output_tokens: 1,
              service_tier: "standard",
            },
          },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "ping" },
        {
          type: "content_block_delta",
          index: 0,
          delta: { type: "text_delta", text: 'Grüße: "usage":{"output_tokens":9999} 🦀\n\ndata: no' },
        },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 250 } },
        { type: "message_stop" },
      ],
      true,
    ),
    model: "claude-haiku-4-5-20251001",
    tokens: { inputTokens: 12, outputTokens: 250, cacheReadTokens: 4000, cacheWriteTokens: 300, hourWriteTokens: 100 },
  },
  "anthropic stream of a gateway that says the input at the end and 0 before": {
    dialect: "anthropic",
    type: "text/event-stream",
    body: sse([
      { type: "message_start", message: { model: "kimi-k3", usage: { input_tokens: 0, output_tokens: 0 } } },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 80, cache_read_input_tokens: 20, output_tokens: 7 },
      },
    ]),
    model: "kimi-k3",
    tokens: { inputTokens: 80, outputTokens: 7, cacheReadTokens: 20, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "anthropic message": {
    dialect: "anthropic",
    type: "application/json",
    body: JSON.stringify({
      id: "msg_02",
      type: "message",
      model: "claude-opus-5-5",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 9, output_tokens: 3, cache_creation_input_tokens: null, cache_read_input_tokens: 0 },
    }),
    model: "claude-opus-5-5",
    tokens: { inputTokens: 9, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "openai chat stream": {
    dialect: "openai",
    type: "text/event-stream",
    body: sse([
      {
        id: "c1",
        object: "chat.completion.chunk",
        model: "gpt-5.1-2025-11-13",
        choices: [{ index: 0, delta: { role: "assistant" } }],
        usage: null,
      },
      {
        id: "c1",
        object: "chat.completion.chunk",
        model: "gpt-5.1-2025-11-13",
        choices: [{ index: 0, delta: { content: "Hé" } }],
        usage: null,
      },
      {
        id: "c1",
        object: "chat.completion.chunk",
        model: "gpt-5.1-2025-11-13",
        choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
        usage: null,
      },
      {
        id: "c1",
        object: "chat.completion.chunk",
        model: "gpt-5.1-2025-11-13",
        choices: [],
        usage: {
          prompt_tokens: 1000,
          completion_tokens: 60,
          total_tokens: 1060,
          prompt_tokens_details: { cached_tokens: 768, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 40 },
        },
      },
      "[DONE]",
    ]),
    model: "gpt-5.1-2025-11-13",
    tokens: { inputTokens: 232, outputTokens: 60, cacheReadTokens: 768, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "moonshot chat stream": {
    dialect: "openai",
    type: "text/event-stream",
    body: sse([
      { object: "chat.completion.chunk", model: "kimi-k2.6", choices: [{ index: 0, delta: { content: "你好" } }] },
      {
        object: "chat.completion.chunk",
        model: "kimi-k2.6",
        choices: [
          {
            index: 0,
            delta: {},
            finish_reason: "stop",
            usage: { prompt_tokens: 1336, completion_tokens: 31, total_tokens: 1367, cached_tokens: 1280 },
          },
        ],
      },
      "[DONE]",
    ]),
    model: "kimi-k2.6",
    tokens: { inputTokens: 56, outputTokens: 31, cacheReadTokens: 1280, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "openai chat completion": {
    dialect: "openai",
    type: "application/json",
    body: JSON.stringify({
      object: "chat.completion",
      model: "qwen3-coder-plus",
      choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 },
    }),
    model: "qwen3-coder-plus",
    tokens: { inputTokens: 19, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "openai responses stream": {
    dialect: "openai",
    type: "text/event-stream; charset=utf-8",
    body: sse(
      [
        { type: "response.created", response: { id: "resp_1", model: "gpt-5.1-codex", status: "in_progress", usage: null } },
        { type: "response.output_text.delta", delta: "Done" },
        {
          type: "response.completed",
          response: {
            id: "resp_1",
            model: "gpt-5.1-codex",
            status: "completed",
            output: [{ type: "message", content: [{ type: "output_text", text: "Done" }] }],
            usage: {
              input_tokens: 5000,
              input_tokens_details: { cached_tokens: 4096 },
              output_tokens: 300,
              output_tokens_details: { reasoning_tokens: 256 },
              total_tokens: 5300,
            },
          },
        },
      ],
      true,
    ),
    model: "gpt-5.1-codex",
    tokens: { inputTokens: 904, outputTokens: 300, cacheReadTokens: 4096, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "openai response": {
    dialect: "openai",
    type: "application/json",
    body: JSON.stringify({
      object: "response",
      model: "gpt-5.6",
      status: "completed",
      output: [],
      usage: { input_tokens: 75, input_tokens_details: { cached_tokens: 5, cache_write_tokens: 30 }, output_tokens: 8, total_tokens: 83 },
    }),
    model: "gpt-5.6",
    tokens: { inputTokens: 40, outputTokens: 8, cacheReadTokens: 5, cacheWriteTokens: 30, hourWriteTokens: 0 },
  },
  "gemini stream": {
    dialect: "gemini",
    type: "text/event-stream",
    body: [
      {
        candidates: [{ content: { parts: [{ text: "A" }] } }],
        usageMetadata: { promptTokenCount: 50, totalTokenCount: 50 },
        modelVersion: "gemini-2.5-pro",
      },
      {
        candidates: [{ content: { parts: [{ text: "ü" }] }, finishReason: "STOP" }],
        usageMetadata: {
          promptTokenCount: 50,
          cachedContentTokenCount: 32,
          candidatesTokenCount: 11,
          thoughtsTokenCount: 100,
          toolUsePromptTokenCount: 4,
          totalTokenCount: 165,
        },
        modelVersion: "gemini-2.5-pro",
      },
    ]
      .map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)
      .join(""),
    model: "gemini-2.5-pro",
    tokens: { inputTokens: 22, outputTokens: 111, cacheReadTokens: 32, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
  "gemini stream as one list": {
    dialect: "gemini",
    type: "application/json; charset=UTF-8",
    body: JSON.stringify(
      [
        { usageMetadata: { promptTokenCount: 7 }, modelVersion: "gemini-2.5-flash" },
        { usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 5 }, modelVersion: "gemini-2.5-flash" },
      ],
      null,
      1,
    ),
    model: "gemini-2.5-flash",
    tokens: { inputTokens: 7, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, hourWriteTokens: 0 },
  },
} as const
