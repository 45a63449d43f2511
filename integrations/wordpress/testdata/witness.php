<?php
/**
 * Plugin of the tests: writes down which actions the companion runs, and breaks
 * off where a test wants it to.
 */

function enrolld_test_witness( $kind, $user_id, $course_id, $signal ) {
	if ( 13 === $course_id ) {
		throw new TypeError( 'course 13 brings bad luck' );
	}
	$line = implode( ' ', array( $kind, $user_id, $course_id, $signal['id'], $signal['cause'], get_user_meta( $user_id, 'first_name', true ) ) );
	file_put_contents( WP_CONTENT_DIR . '/witness.log', $line . "\n", FILE_APPEND | LOCK_EX );
}

add_action(
	'enrolld_access_granted',
	function ( $user_id, $course_id, $signal ) {
		enrolld_test_witness( 'granted', $user_id, $course_id, $signal );
	},
	10,
	3
);
add_action(
	'enrolld_access_revoked',
	function ( $user_id, $course_id, $signal ) {
		enrolld_test_witness( 'revoked', $user_id, $course_id, $signal );
	},
	10,
	3
);

// What plugins that close REST to visitors do, when the test asks for it.
add_filter(
	'rest_authentication_errors',
	function ( $result ) {
		if ( file_exists( WP_CONTENT_DIR . '/rest-closed' ) && ! is_user_logged_in() ) {
			return new WP_Error( 'rest_disabled', 'REST is for members.', array( 'status' => 401 ) );
		}
		return $result;
	}
);

// A field with the page's text, as builders and SEO plugins add.
add_action(
	'rest_api_init',
	function () {
		register_rest_field(
			'page',
			'builder',
			array(
				'get_callback' => function ( $page ) {
					return get_post( $page['id'] )->post_content;
				},
			)
		);
	}
);

// A plugin that prints the text past all filters.
add_action(
	'wp_head',
	function () {
		global $post;
		if ( is_singular() && $post ) {
			echo '<meta name="description" content="', esc_attr( $post->post_content . get_queried_object()->post_excerpt ), '">';
		}
	}
);

// A list of pages beside the main text, as "related pages" widgets make.
add_action(
	'wp_footer',
	function () {
		$query = new WP_Query( array( 'post_type' => 'page', 'posts_per_page' => 50 ) );
		while ( $query->have_posts() ) {
			$query->the_post();
			the_excerpt();
			the_content();
		}
		wp_reset_postdata();
		foreach ( get_comments() as $comment ) {
			comment_text( $comment );
		}
	}
);

// What happened to sessions, in the order of the hooks.
foreach ( array( 'wp_login', 'wp_logout', 'enrolld_entered', 'enrolld_left' ) as $hook ) {
	add_action(
		$hook,
		function ( $user, $entry = array() ) use ( $hook ) {
			$line = str_replace( 'enrolld_', '', $hook ) . ' ' . $user;
			if ( 'enrolld_entered' === $hook ) {
				$line .= ' by ' . $entry['operator'];
			}
			update_option( 'witness_heard', get_option( 'witness_heard', '' ) . $line . '|' );
		},
		10,
		2
	);
}

// What careless plugins do.
add_action(
	'wp_loaded',
	function () {
		$id   = get_current_user_id();
		$what = isset( $_GET['witness'] ) ? $_GET['witness'] : '';
		if ( 'password' === $what ) {
			wp_update_user( array( 'ID' => $id, 'user_pass' => 'new' ) );
		} elseif ( 'email' === $what ) {
			wp_update_user( array( 'ID' => $id, 'user_email' => 'evil@example.com' ) );
		} elseif ( 'meta' === $what ) {
			update_user_meta( $id, 'first_name', 'Evil' );
			update_user_meta( $id, 'billing_city', 'Evil' );
			WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'backdoor' ) );
		} elseif ( 'knows' === $what ) {
			exit( 'password ' . ( wp_check_password( 'jane', wp_get_current_user()->user_pass, $id ) ? 'yes' : 'no' ) );
		} elseif ( 'nonce' === $what ) {
			exit( wp_json_encode( array( 'nonce' => wp_create_nonce( 'wp_rest' ) ) ) );
		} elseif ( in_array( $what, array( 'topic', 'review' ), true ) ) {
			wp_insert_post( array( 'post_type' => $what, 'post_title' => 'Hello', 'post_content' => 'WORDS', 'post_status' => 'publish' ) );
			exit( 'written' );
		} elseif ( 'edit' === $what ) {
			$comment = get_comments( array( 'number' => 1, 'user_id' => $id ) )[0];
			wp_update_comment( array( 'comment_ID' => $comment->comment_ID, 'comment_content' => 'WORDS changed' ) );
		} elseif ( isset( $_GET['before'] ) ) {
			do_action( $_GET['before'], (object) array( 'user_id' => $id ) );
		} elseif ( 'learns' === $what ) {
			exit(
				wp_json_encode(
					array(
						apply_filters( 'learndash_process_mark_complete', true, null, wp_get_current_user() ),
						apply_filters( 'llms_allow_lesson_completion', true, $id, 7 ),
						(bool) update_user_meta( $id, '_sfwd-course_progress', array( 7 => uniqid() ) ),
						(bool) update_user_meta( $id, '_tutor_completed_lesson_id_7', uniqid() ),
						(bool) update_user_meta( $id, 'last_page', uniqid() ),
					)
				)
			);
		} elseif ( 'renew' === $what ) {
			wp_set_auth_cookie( $id, true );
		}
	}
);
add_filter(
	'query_vars',
	function ( $vars ) {
		return array_merge( $vars, array( 'delete-payment-method' ) );
	}
);

// A kind of post of a plugin that the companion does not know.
add_filter(
	'enrolld_own_post_types',
	function ( $types ) {
		return array_merge( $types, array( 'review' ) );
	}
);
