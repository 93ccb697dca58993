package dev.sqlitebackup.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A real object store on loopback that checks signatures, and in front of it a line that can be cut, slowed down and
 * listened to.
 */
public final class S3Server implements AutoCloseable {
    public static final String ID = "test-identity";
    public static final String SECRET = "test-secret-never-printed";
    public static final String BUCKET = "backups";
    private static final Pattern REQUEST = Pattern.compile("(GET|PUT|HEAD|POST|DELETE) (\\S+) HTTP/1\\.1\r\n");
    /** Not every store decodes a body that comes in chunks, or reads a sum behind it: no test passes with one. */
    private static final Pattern PLAIN_BODY = Pattern.compile("\r\nx-amz-content-sha256: [0-9a-f]{64}\r\n");

    private static final Pattern NOT_PLAIN = Pattern.compile("aws-chunked|\r\n(x-amz-trailer|transfer-encoding):");
    private static final Pattern RANGE = Pattern.compile("\r\nrange: bytes=(?:-|(0)-)\\d+\r\n");
    private static final int BUFFER_BYTES = 1 << 14;
    private static final int BACKLOG = 50;
    /** The ports of those that are closed. */
    private static final Queue<Integer> FREED = new ConcurrentLinkedQueue<>();

    static {
        System.setProperty("http.keepAlive", "false"); // A line that the server closes just then would be used again.
    }

    private final S3Proxy server;
    private final ServerSocket line;
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong cutAfterBytes = new AtomicLong(Long.MAX_VALUE);
    private final AtomicInteger cutsLeft = new AtomicInteger();
    private final AtomicLong cutAnswersAfterBytes = new AtomicLong(Long.MAX_VALUE);
    private final AtomicInteger answerCutsLeft = new AtomicInteger();
    private final AtomicInteger answersLeft = new AtomicInteger();
    private volatile String answer;
    private volatile String blocked;
    private final AtomicInteger delaysLeft = new AtomicInteger();
    private volatile long delayMillis;
    private volatile boolean refusesPuts;
    private volatile boolean refusesConditions;
    private volatile int refusedCopies;
    private volatile Pattern answeredInstead;
    private volatile boolean isSilent;
    private volatile String insteadAnswer;
    private volatile Pattern answeredInTurn;
    private final Queue<String> turns = new ConcurrentLinkedQueue<>();
    private volatile String lost;
    private final FaultyContent content;

    private S3Server(S3Proxy server, ServerSocket line, FaultyContent content) {
        this.server = server;
        this.line = line;
        this.content = content;
    }

    public static S3Server start() throws Exception {
        return start(new FaultyContent(new TransientNio2BlobStore()));
    }

    /**
     * One that takes parts of any size, unlike Amazon's, so that a test need not send megabytes: it asks nothing of a
     * part whose size it does not know.
     */
    public static S3Server startForSmallParts() throws Exception {
        return start(new FaultyContent(new TransientNio2BlobStore()) {
            @Override
            public List<Part> listMultipartUpload(MultipartUpload upload) {
                return super.listMultipartUpload(upload).stream()
                        .map(part -> part.toBuilder().size(null).build())
                        .toList();
            }
        });
    }

    private static S3Server start(FaultyContent content) throws Exception {
        S3Proxy server = S3Proxy.builder()
                .blobStore(content)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ID, SECRET)
                .build();
        server.start();
        S3Server started = new S3Server(server, line(), content);
        Thread acceptor = new Thread(started::accept, "s3-line");
        acceptor.setDaemon(true);
        acceptor.start();
        try (S3Client client = started.client()) {
            client.createBucket(request -> request.bucket(BUCKET));
        }
        return started;
    }

    /** At the address of one that is closed, so that whoever was started for that can use this one (KeptProcesses). */
    private static ServerSocket line() throws IOException {
        Integer port = FREED.poll();
        try {
            return new ServerSocket(port == null ? 0 : port, BACKLOG, InetAddress.getLoopbackAddress());
        } catch (BindException e) {
            return line(); // Somebody else was given it.
        }
    }

    /** A store that cuts: it checks what it is sent, reports success, and keeps half of it. */
    private static class FaultyContent extends ForwardingBlobStore {
        private volatile Pattern cut;
        private volatile boolean copiesWrongly;

        FaultyContent(BlobStore content) {
            super(content);
        }

        @Override
        public PutObjectResponse putBlob(PutObjectRequest request, InputStream in) {
            return cut != null && cut.matcher(request.key()).find() ? putHalf(request, in) : super.putBlob(request, in);
        }

        private PutObjectResponse putHalf(PutObjectRequest request, InputStream in) {
            try {
                byte[] content = in.readAllBytes();
                byte[] half = Arrays.copyOf(content, content.length / 2);
                return super.putBlob(
                        request.toBuilder()
                                .contentLength((long) half.length)
                                .contentMD5(null)
                                .checksumSHA256(null)
                                .build(),
                        new ByteArrayInputStream(half));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public CopyObjectResponse copyBlob(CopyObjectRequest request) {
            CopyObjectResponse response = super.copyBlob(request);
            if (copiesWrongly) {
                super.putBlob(
                        PutObjectRequest.builder()
                                .bucket(request.destinationBucket())
                                .key(request.destinationKey())
                                .contentLength(1L)
                                .build(),
                        new ByteArrayInputStream(new byte[1]));
            }
            return response;
        }
    }

    /** The store keeps half of what is sent to keys in which this is found; null for none. */
    public void cutContents(String key) {
        content.cut = key == null ? null : Pattern.compile(key);
    }

    /** The store makes something else of what it copies, and reports success. */
    public void copyWrongly(boolean wrongly) {
        content.copiesWrongly = wrongly;
    }

    /** Requests to copy get this status instead, for as long as it is not 0. */
    public void refuseCopies(int status) {
        refusedCopies = status;
    }

    public String endpoint() {
        return "http://127.0.0.1:" + line.getLocalPort();
    }

    /** What a program needs to use it, and to ask nobody else: no other host, no profile. */
    public Map<String, String> environment(Path cache) {
        return Map.of(
                "AWS_ENDPOINT_URL_S3",
                endpoint(),
                "AWS_REGION",
                "us-east-1",
                "AWS_ACCESS_KEY_ID",
                ID,
                "AWS_SECRET_ACCESS_KEY",
                SECRET,
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "AWS_CONFIG_FILE",
                "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE",
                "/dev/null",
                "XDG_CACHE_HOME",
                cache.toString());
    }

    /** Straight to the server, without the line, and with nothing behind the content (see {@link #pass}). */
    public S3Client client() {
        return S3Client.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + server.getPort()))
                .region(Region.US_EAST_1)
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(true)
                        .chunkedEncodingEnabled(false)
                        .build())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(ID, SECRET)))
                .build();
    }

    public List<String> keys() {
        try (S3Client client = client()) {
            return client.listObjectsV2Paginator(request -> request.bucket(BUCKET)).contents().stream()
                    .map(S3Object::key)
                    .sorted()
                    .toList();
        }
    }

    public int unfinishedUploads() {
        try (S3Client client = client()) {
            return client.listMultipartUploads(request -> request.bucket(BUCKET))
                    .uploads()
                    .size();
        }
    }

    /**
     * Every request since the last call, as METHOD PATH; START and END for a GET of an object's first or last bytes.
     */
    public List<String> requests() {
        List<String> heard = List.copyOf(requests);
        requests.clear();
        return heard;
    }

    /** The same, and they stay to be heard again. */
    public List<String> peek() {
        return List.copyOf(requests);
    }

    /** A store that takes nothing, for as long as this holds. */
    public void refusePuts(boolean refused) {
        refusesPuts = refused;
    }

    /** A store that answers 501 to If-None-Match, for as long as this holds. */
    public void refuseConditions(boolean refused) {
        refusesConditions = refused;
    }

    /** So many answers come only after this pause. */
    public void delay(int answers, long millis) {
        delayMillis = millis;
        delaysLeft.set(answers);
    }

    /** The line breaks in so many connections, each when it has carried so much to the server. */
    public void cut(int connections, long afterBytes) {
        cutAfterBytes.set(afterBytes);
        cutsLeft.set(connections);
    }

    /** The line breaks while so many answers come back, each when it has carried so much. */
    public void cutAnswers(int answers, long afterBytes) {
        cutAnswersAfterBytes.set(afterBytes);
        answerCutsLeft.set(answers);
    }

    /** So many requests get this answer instead of the server's. */
    public void answer(int requestCount, int status, String code) {
        answer = error(status, code);
        answersLeft.set(requestCount);
    }

    private static String error(int status, String code) {
        return answer(
                status,
                "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>said by the test</Message></Error>");
    }

    /** Requests in which this is found get an error instead of the server's answer; null for none. */
    public void answerTo(String request, int status, String code) {
        answerTo(request, error(status, code));
    }

    /** The same with a whole answer. */
    public void answerTo(String request, String answerInstead) {
        insteadAnswer = answerInstead;
        answeredInstead = request == null ? null : Pattern.compile(request);
    }

    /** The first such requests get these answers, one each, and all others the server's. */
    public void answerInTurn(String request, String... answers) {
        turns.clear();
        turns.addAll(List.of(answers));
        answeredInTurn = Pattern.compile(request);
    }

    /** An answer with a body. */
    public static String answer(int status, String body) {
        return "HTTP/1.1 " + status + " x\r\nContent-Type: application/xml\r\nContent-Length: " + body.length()
                + "\r\nConnection: close\r\n\r\n" + body;
    }

    /** The line is whole again, and the server answers for itself. */
    public void behave() {
        cut(0, Long.MAX_VALUE);
        cutAnswers(0, Long.MAX_VALUE);
        delay(0, 0);
        answer(0, 200, "");
        answerTo(null, "");
        turns.clear();
        refusePuts(false);
        refuseConditions(false);
        refuseCopies(0);
        sayNothingOfContents(false);
        loseAnswerTo(null);
        block(null);
        cutContents(null);
        copyWrongly(false);
        requests();
    }

    /** A store whose answers say nothing of the content: no checksum, and a tag that is none. */
    public void sayNothingOfContents(boolean silent) {
        isSilent = silent;
    }

    /** The answer to the next request that begins so is lost on its way. */
    public void loseAnswerTo(String requestStart) {
        lost = requestStart;
    }

    /** Requests that begin so are never passed on, nor answered, until this is null again. */
    public void block(String requestStart) {
        blocked = requestStart;
    }

    private void accept() {
        while (true) {
            try {
                Socket client = line.accept();
                thread(() -> serve(client));
            } catch (IOException e) {
                return; // Closed.
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // One end has closed.
                    }
                },
                "s3-line");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket client) throws IOException {
        try (client;
                Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            AtomicBoolean loses = new AtomicBoolean();
            thread(() -> passBack(upstream.getInputStream(), client, loses));
            pass(client, upstream.getOutputStream(), loses);
        }
    }

    private void passBack(InputStream in, Socket client, AtomicBoolean loses) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long carried = 0;
        for (int length; (length = in.read(buffer)) >= 0; ) {
            if (delaysLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                LockSupport.parkNanos(delayMillis * 1_000_000);
            }
            if (loses.get()) {
                reset(client);
                return;
            }
            if (isSilent) {
                hideSums(buffer, length);
            }
            carried += length;
            client.getOutputStream().write(buffer, 0, length);
            if (carried > cutAnswersAfterBytes.get()
                    && answerCutsLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                reset(client);
                return;
            }
        }
        client.shutdownOutput();
    }

    /** What a broken line does. */
    private static void reset(Socket client) throws IOException {
        client.setSoLinger(true, 0);
        client.close();
    }

    /** In the head of an answer, with others of the same length. */
    private static void hideSums(byte[] buffer, int length) {
        String text = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (text.startsWith("HTTP/1.1 ") && end > 0) {
            String head = text.substring(0, end)
                    .replaceAll("(?i)x-amz-checksum-sha256", "x-amz-nothing-at-allx")
                    .replaceAll("(?i)(etag: \")..", "$1zz");
            System.arraycopy(head.getBytes(StandardCharsets.ISO_8859_1), 0, buffer, 0, end);
        }
    }

    /**
     * A server that refuses answers and closes before it has everything: what the client still sends is taken here, for
     * else the answer might be lost.
     */
    private void pass(Socket client, OutputStream upstream, AtomicBoolean loses) throws IOException {
        InputStream in = client.getInputStream();
        byte[] buffer = new byte[BUFFER_BYTES];
        boolean isCut = cutsLeft.get() > 0;
        long carried = 0;
        for (int length; (length = in.read(buffer)) >= 0; ) {
            String head = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
            Matcher request = REQUEST.matcher(head);
            if (request.lookingAt()) {
                String heard = request.group(1) + " " + request.group(2);
                String headers = head.toLowerCase(Locale.ROOT);
                Matcher range = RANGE.matcher(headers);
                requests.add(range.find() ? (range.group(1) == null ? "END " : "START ") + request.group(2) : heard);
                for (String held = blocked; held != null && heard.startsWith(held); held = blocked) {
                    LockSupport.parkNanos(
                            1_000_000); // What waits here must not take a processor from what is looked at.
                }
                if (lost != null && heard.startsWith(lost)) {
                    lost = null;
                    loses.set(true);
                }
                String instead = instead(request.group(1), heard, headers);
                if (instead != null) {
                    answerInstead(client, instead);
                    return;
                }
            }
            carried += length;
            if (isCut && carried > cutAfterBytes.get() && cutsLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                reset(client);
                return;
            }
            try {
                upstream.write(buffer, 0, length);
            } catch (IOException e) {
                in.transferTo(OutputStream.nullOutputStream()); // The server has answered already.
                return;
            }
        }
    }

    /** @return what the client gets instead of the server's answer, null for that */
    private String instead(String method, String heard, String headers) {
        if (!PLAIN_BODY.matcher(headers).find() || NOT_PLAIN.matcher(headers).find()) {
            return error(400, "NotAPlainBody");
        }
        String turn = answeredInTurn != null && answeredInTurn.matcher(heard).find() ? turns.poll() : null;
        if (turn != null) {
            return turn;
        }
        if (answeredInstead != null && answeredInstead.matcher(heard).find()) {
            return insteadAnswer;
        }
        if (refusesConditions && headers.contains("\r\nif-none-match: *")) {
            return error(501, "NotImplemented");
        }
        if (refusedCopies != 0 && headers.contains("\r\nx-amz-copy-source: ")) {
            return error(refusedCopies, refusedCopies == 200 ? "InternalError" : "NotImplemented");
        }
        if (refusesPuts && method.equals("PUT")) {
            return error(403, "AccessDenied");
        }
        return answersLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? answer : null;
    }

    /** And takes what the client still sends: a line that is closed before may lose the answer. */
    private static void answerInstead(Socket client, String answerInstead) throws IOException {
        client.getOutputStream().write(answerInstead.getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        client.getInputStream().transferTo(OutputStream.nullOutputStream());
    }

    @Override
    public void close() {
        try {
            line.close();
            FREED.add(line.getLocalPort());
            server.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
