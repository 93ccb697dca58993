package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Tells a monitoring service how a run ended, as healthchecks.io and those that imitate it want to hear it
 * (healthchecks.io documentation, "Pinging API"): a request to the URL on success, to {@code URL/fail} with the message
 * as its body on failure. The URL is a secret, because whoever knows it can silence the alarm: it is never printed.
 */
final class Ping {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** A monitor keeps 100 kB of it at most, and shows less. */
    private static final int MOST_LINES = 20;

    private static final int MOST_CHARACTERS = 500;

    private final URI success;

    private Ping(URI success) {
        this.success = success;
    }

    /** @throws Failure USAGE if that is no web address */
    static Ping of(String url) {
        try {
            URI uri = new URI(url);
            if (uri.getHost() == null
                    || uri.getUserInfo() != null
                    || !List.of("http", "https").contains(uri.getScheme())) {
                throw new URISyntaxException("", "not a web address");
            }
            return new Ping(uri);
        } catch (URISyntaxException e) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--ping wants an address that begins with http:// or https://, without user and password",
                    "for example --ping=https://hc-ping.com/your-uuid");
        }
    }

    /** @return what went wrong with the ping, or nothing */
    List<String> succeeded() {
        return send(HttpRequest.newBuilder(success).GET());
    }

    /**
     * @param each what failed of several, a line each
     * @return what went wrong with the ping, or nothing
     */
    List<String> failed(Failure failure, List<String> each) {
        String message = failure.getMessage()
                + (failure.hint() == null ? "" : "\n" + failure.hint())
                + each.stream()
                        .limit(MOST_LINES)
                        .map(line -> "\n" + line.substring(0, Math.min(line.length(), MOST_CHARACTERS)))
                        .collect(Collectors.joining());
        return send(HttpRequest.newBuilder(failing(success)).POST(HttpRequest.BodyPublishers.ofString(message)));
    }

    /** {@code /fail} belongs to the path; what follows a question mark stays behind it. */
    static URI failing(URI success) {
        String path = success.getRawPath().endsWith("/") ? success.getRawPath() : success.getRawPath() + "/";
        String query = success.getRawQuery() == null ? "" : "?" + success.getRawQuery();
        return URI.create(success.getScheme() + "://" + success.getRawAuthority() + path + "fail" + query);
    }

    /** The client's exceptions often say nothing but their class. */
    private static String reason(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "the name of the host is not known";
            }
        }
        return e instanceof ConnectException
                ? "no connection"
                : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private List<String> send(HttpRequest.Builder request) {
        try {
            HttpClient client = HttpClient.newBuilder()
                    .connectTimeout(TIMEOUT)
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .build();
            // The request's own timeout ends with the headers of the answer; this one is for all of it.
            int status = client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding())
                    .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .statusCode();
            return status / 100 == 2
                    ? List.of()
                    : List.of("the ping to " + success.getHost() + " was answered with HTTP status " + status);
        } catch (TimeoutException e) {
            return List.of(
                    "the ping to " + success.getHost() + " failed: no answer within " + TIMEOUT.toSeconds() + " s");
        } catch (ExecutionException e) {
            return List.of("the ping to " + success.getHost() + " failed: " + reason(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of("the ping to " + success.getHost() + " was interrupted");
        }
    }
}
