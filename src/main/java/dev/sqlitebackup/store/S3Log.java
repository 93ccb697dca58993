package dev.sqlitebackup.store;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.SdkHttpHeaders;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * A line of the debug log for each request. It says the path alone: headers and the query hold signatures, session
 * tokens and numbers of uploads.
 */
final class S3Log implements ExecutionInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(S3Log.class);
    private static final ExecutionAttribute<Long> STARTED_NANOS = new ExecutionAttribute<>("StartedNanos");
    private static final ExecutionAttribute<Integer> TRIES = new ExecutionAttribute<>("Tries");
    private static final ExecutionAttribute<SdkHttpRequest> REQUEST = new ExecutionAttribute<>("Request");

    /** Whether somebody reads it. */
    static boolean isOn() {
        return LOG.isDebugEnabled();
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        attributes.putAttribute(STARTED_NANOS, System.nanoTime());
        attributes.putAttribute(TRIES, 0);
    }

    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        attributes.putAttribute(TRIES, attributes.getAttribute(TRIES) + 1);
        attributes.putAttribute(REQUEST, context.httpRequest());
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
        // The answer to a HEAD says the length of what it does not send.
        boolean isHead = context.httpRequest().method() == SdkHttpMethod.HEAD;
        log(attributes, "status " + context.httpResponse().statusCode(), isHead ? "0" : bytes(context.httpResponse()));
    }

    @Override
    public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
        String result = context.httpResponse()
                .map(response -> "status " + response.statusCode())
                .orElse("no answer");
        log(attributes, result, "0");
    }

    private static void log(ExecutionAttributes attributes, String result, String receivedBytes) {
        SdkHttpRequest request = attributes.getAttribute(REQUEST);
        LOG.debug(
                "{} {}: {}, {} ms; {} bytes sent, {} received; {} retries",
                attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME),
                request == null ? "" : request.encodedPath(),
                result,
                (System.nanoTime() - attributes.getAttribute(STARTED_NANOS)) / 1_000_000,
                request == null ? "0" : bytes(request),
                receivedBytes,
                Math.max(0, attributes.getAttribute(TRIES) - 1));
    }

    private static String bytes(SdkHttpHeaders message) {
        return message.firstMatchingHeader("Content-Length").orElse("0");
    }
}
