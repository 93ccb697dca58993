package dev.sqlitebackup.cli;

import com.google.gson.stream.JsonWriter;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.QueryService;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** One JSON object, written as the rows come: memory holds one of them. */
final class JsonRows extends RowFormat {
    private final PrintWriter out;
    private final JsonWriter json;
    private boolean begun;
    private boolean inResult;

    JsonRows(PrintWriter out) {
        super(out);
        this.out = out;
        this.json = new JsonWriter(new Escaping());
        json.setSerializeNulls(true);
    }

    /** JSON may hold what a terminal takes for a command; escaped, it means the same. */
    private final class Escaping extends Writer {
        @Override
        public void write(char[] text, int from, int length) {
            print(Output.escape(new String(text, from, length)));
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {
            out.flush();
        }
    }

    private interface Writing {
        void run() throws IOException;
    }

    private static void write(Writing writing) {
        try {
            writing.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // A PrintWriter throws none.
        }
    }

    @Override
    public void of(QueryService.Asked asked, List<String> columns) {
        write(() -> {
            begin();
            endResult();
            json.beginObject().name("backup").value(asked.backup());
            if (asked.commit() != null) {
                json.name("commit").value(asked.commit());
            }
            json.name("createdAt").value(asked.createdAt().toString());
            json.name("columns").beginArray();
            for (String column : columns) {
                json.value(column);
            }
            json.endArray().name("rows").beginArray();
            inResult = true;
        });
    }

    private void begin() throws IOException {
        if (!begun) {
            json.beginObject().name("command").value("query").name("results").beginArray();
            begun = true;
        }
    }

    private void endResult() throws IOException {
        if (inResult) {
            json.endArray().endObject();
            inResult = false;
        }
    }

    @Override
    public void row(List<Object> values) {
        write(() -> {
            json.beginArray();
            for (Object value : values) {
                put(value);
            }
            json.endArray();
        });
    }

    private void put(Object value) throws IOException {
        if (value instanceof Long whole) {
            json.value(whole);
        } else if (value instanceof Double real) {
            json.jsonValue(text(real));
        } else if (value instanceof byte[] blob) {
            json.beginObject().name("hex").value(HexFormat.of().formatHex(blob)).endObject();
        } else {
            json.value((String) value);
        }
    }

    @Override
    int end(Output output, QueryService.Result result) {
        Failure failure = result.failure();
        write(() -> {
            begin();
            endResult();
            json.endArray();
            for (Map.Entry<String, Object> field :
                    output.ending(failure, result.warnings()).entrySet()) {
                if (!field.getKey().equals("command")) {
                    json.name(field.getKey());
                    json.jsonValue(Output.GSON.toJson(field.getValue()));
                }
            }
            json.endObject();
        });
        print("\n");
        look();
        return failure == null ? ExitCodes.OK : output.say(failure, result.warnings());
    }
}
